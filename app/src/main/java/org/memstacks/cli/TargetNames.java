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
  private final TargetProcess target;
  private final TargetFiles files;
  private final Demangler demangler = Demangler.create();
  private final Symbolizer symbolizer;
  private final List<String> problems = new ArrayList<>();
  private int lastEpoch;

  /**
   * @param sources whether inlined calls and source lines are asked for, which needs libdw
   */
  TargetNames(TargetProcess target, LoadedObjects loaded, boolean sources) {
    this.target = target;
    this.files = loaded.files();
    Optional<LibDw> libDw = sources ? LibDw.load() : Optional.empty();
    this.symbolizer = new Symbolizer(loaded::get, DebugFiles.of(files), demangler, libDw);
    if (sources && libDw.isEmpty()) {
      problems.add(
          "no inlined calls and no lines: libdw.so.1 is not installed (Debian, Ubuntu: apt-get install libdw1)");
    }
    if (!demangler.handlesCxx()) {
      problems.add(
          "C++ names stay mangled: libstdc++.so.6 is not installed (Debian, Ubuntu: apt-get install libstdc++6)");
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
   * At the window's end, while the target lives: its last map, and the names its JIT compiler
   * wrote.
   */
  void complete() {
    try {
      // An epoch of its own: it may show what no stack was taken in.
      symbolizer.add(MemoryMap.of(target.pid()), lastEpoch + 1);
    } catch (IOException e) {
      // It ended just now: what was mapped before has to do.
    }
    try {
      Optional<FileChannel> file = PerfMapFile.open(files, ProcessIdentity.of(target.pid()));
      if (file.isPresent()) {
        try (FileChannel channel = file.get()) {
          symbolizer.readPerfMap(channel);
        }
      }
    } catch (IOException e) {
      problems.add("code the process compiled itself has no names: " + e.getMessage());
    }
  }

  /** What stands in the way of better names, for people. */
  List<String> problems() {
    return List.copyOf(problems);
  }

  @Override
  public void close() throws IOException {
    symbolizer.close();
  }
}
