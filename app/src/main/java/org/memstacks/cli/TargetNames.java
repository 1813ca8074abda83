package org.memstacks.cli;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.util.Optional;
import org.memstacks.symbol.Demangler;
import org.memstacks.symbol.Symbolizer;
import org.memstacks.target.MemoryMap;
import org.memstacks.target.PerfMapFile;
import org.memstacks.target.TargetFiles;
import org.memstacks.target.TargetProcess;

/** The names of a target's code, kept up to date with what it maps. */
final class TargetNames implements AutoCloseable {
  private final TargetProcess target;
  private final Demangler demangler = Demangler.create();
  private final Symbolizer symbolizer;
  private Optional<String> perfMapProblem = Optional.empty();

  TargetNames(TargetProcess target) {
    this.target = target;
    this.symbolizer = new Symbolizer(new TargetFiles(target.pid())::openObject, demangler);
  }

  Symbolizer symbolizer() {
    return symbolizer;
  }

  /** Takes in what is mapped; earlier maps still name what was unmapped since. */
  void add(MemoryMap map) {
    symbolizer.add(map);
  }

  /**
   * At the window's end, while the target lives: its last map, and the names its JIT compiler
   * wrote.
   */
  void complete() {
    try {
      symbolizer.add(MemoryMap.of(target.pid()));
    } catch (IOException e) {
      // It ended just now: what was mapped before has to do.
    }
    try {
      Optional<FileChannel> file = PerfMapFile.open(target);
      if (file.isPresent()) {
        try (FileChannel channel = file.get()) {
          symbolizer.readPerfMap(channel);
        }
      }
    } catch (IOException e) {
      perfMapProblem =
          Optional.of("code the process compiled itself has no names: " + e.getMessage());
    }
  }

  /** Why a file of names the target wrote was not used. */
  Optional<String> perfMapProblem() {
    return perfMapProblem;
  }

  /** Whether C++ names can be shown as in the source. */
  boolean demanglesCxx() {
    return demangler.handlesCxx();
  }

  @Override
  public void close() throws IOException {
    symbolizer.close();
  }
}
