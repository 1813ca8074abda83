package org.memstacks.target;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.Set;

/**
 * In which mappings the stacks of threads lie: where /proc/PID/task/TID/syscall says that a
 * thread's stack pointer is. It does not say so of a thread that runs at that moment.
 */
public final class ThreadStacks {
  private static final int ATTEMPTS = 3;

  private ThreadStacks() {}

  /** The starts of those mappings; without those of threads that could not be asked. */
  public static Set<Long> of(int pid, MemoryMap map) {
    Set<Long> starts = new HashSet<>();
    try (DirectoryStream<Path> threads =
        Files.newDirectoryStream(Path.of("/proc", Integer.toString(pid), "task"))) {
      for (Path thread : threads) {
        map.find(stackPointer(thread.resolve("syscall")))
            .ifPresent(mapping -> starts.add(mapping.start()));
      }
    } catch (IOException e) {
      // It ended, or may not be looked at: no stack is told from other memory.
    }
    return starts;
  }

  /** "NUMBER ARGUMENTS... SP PC", "-1 SP PC", or "running"; 0 when not known. */
  private static long stackPointer(Path file) {
    try {
      for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
        String[] words =
            new String(Files.readAllBytes(file), StandardCharsets.US_ASCII).strip().split(" ");
        if (words.length >= 3) {
          return Long.decode(words[words.length - 2]);
        }
      }
    } catch (IOException | NumberFormatException e) {
      // The thread ended.
    }
    return 0;
  }
}
