package org.memstacks.cli;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.memstacks.symbol.DebugFiles;
import org.memstacks.symbol.Demangler;
import org.memstacks.symbol.LibDw;
import org.memstacks.symbol.PerfMapFile;
import org.memstacks.symbol.Symbolizer;
import org.memstacks.target.LoadedObjects;
import org.memstacks.target.MemoryMap;
import org.memstacks.target.ProcessIdentity;
import org.memstacks.target.TargetFiles;
import org.memstacks.target.TargetProcess;

/** The names of a target's code, kept up to date with what it maps. */
final class TargetNames implements AutoCloseable {
  /** Named one by one; a process can map thousands. */
  private static final int MOST_UNREAD = 8;

  private static final long LOOK_AGAIN_NANOS = 500_000_000;

  private final TargetProcess target;
  private final LoadedObjects loaded;
  private final TargetFiles files;
  private final Demangler demangler = Demangler.create();
  private final Symbolizer symbolizer;
  private final List<String> problems = new ArrayList<>();
  private Optional<FileChannel> perfMap = Optional.empty();
  private long lookedAt = System.nanoTime() - LOOK_AGAIN_NANOS;
  private int lastEpoch;

  /**
   * @param sources whether inlined calls and source lines are asked for, which needs libdw
   */
  TargetNames(TargetProcess target, LoadedObjects loaded, boolean sources) {
    this.target = target;
    this.loaded = loaded;
    this.files = loaded.files();
    Optional<LibDw> libDw = sources ? LibDw.load() : Optional.empty();
    this.symbolizer = new Symbolizer(loaded::get, DebugFiles.of(files), demangler, libDw);
    if (sources && libDw.isEmpty()) {
      problems.add(
          "no inlined calls and no lines: libdw.so.1 cannot be loaded: it is not installed (Debian, Ubuntu: apt-get install libdw1), or JNA finds no room for its own library in the directory for temporary files (TMPDIR)");
    }
    if (!demangler.handlesCxx()) {
      problems.add(
          "C++ names stay mangled: libstdc++.so.6 cannot be loaded (Debian, Ubuntu: apt-get install libstdc++6)");
    }
  }

  Symbolizer symbolizer() {
    return symbolizer;
  }

  /** Takes in what is mapped, in the epoch that stacks name it by. */
  void add(MemoryMap map, int epoch) {
    symbolizer.add(map, epoch);
    lastEpoch = epoch;
  }

  /**
   * To be called often: opens the file in which a JIT compiler writes names as soon as there is
   * one, so that a target that ends keeps them.
   */
  void watch() {
    long now = System.nanoTime();
    if (perfMap.isEmpty() && now - lookedAt > LOOK_AGAIN_NANOS) {
      lookedAt = now;
      try {
        perfMap = openPerfMap();
      } catch (IOException e) {
        // Said at the end, if it is still so.
      }
    }
  }

  /**
   * At the window's end: the target's last map, and the names its JIT compiler wrote.
   *
   * @param alive whether the target is still there to be looked at
   */
  void complete(boolean alive) {
    try {
      if (alive) {
        // An epoch of its own: it may show what no stack was taken in.
        symbolizer.add(loaded.look(target.pid()), lastEpoch + 1);
      }
    } catch (IOException e) {
      // It ended just now: what was mapped before has to do.
    }
    try {
      if (alive) {
        // It may have been written anew.
        Optional<FileChannel> now = openPerfMap();
        closePerfMap();
        perfMap = now;
      }
    } catch (IOException e) {
      // If it ended just now, what was opened before has to do.
      if (target.isAlive()) {
        unnamed(e);
      }
    }
    try {
      if (perfMap.isPresent()) {
        symbolizer.readPerfMap(perfMap.get());
      }
    } catch (IOException e) {
      unnamed(e);
    }
  }

  private void unnamed(IOException e) {
    problems.add("code the process compiled itself has no names: " + Problem.describe(e));
  }

  private Optional<FileChannel> openPerfMap() throws IOException {
    return PerfMapFile.open(files, ProcessIdentity.of(target.pid()));
  }

  private void closePerfMap() throws IOException {
    if (perfMap.isPresent()) {
      perfMap.get().close();
      perfMap = Optional.empty();
    }
  }

  /** What stands in the way of better names, for people. */
  List<String> problems() {
    List<String> all = new ArrayList<>(problems);
    List<String> unread = symbolizer.problems();
    all.addAll(unread.subList(0, Math.min(unread.size(), MOST_UNREAD)));
    if (unread.size() > MOST_UNREAD) {
      all.add("and " + (unread.size() - MOST_UNREAD) + " more objects that could not be read");
    }
    return all;
  }

  @Override
  public void close() throws IOException {
    closePerfMap();
    symbolizer.close();
  }
}
