package org.memstacks.collect;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** What the machine takes for a huge page where mmap does not say. */
final class HugePages {
  private static final String LINE = "Hugepagesize:";
  private static final long USUAL = 2 << 20;

  private HugePages() {}

  /** As /proc/meminfo says; a kernel without huge pages maps none. */
  static long defaultBytes() {
    try {
      for (String line : Files.readAllLines(Path.of("/proc/meminfo"))) {
        if (line.startsWith(LINE)) {
          return Long.parseLong(line.substring(LINE.length()).replace("kB", "").strip()) << 10;
        }
      }
    } catch (IOException | NumberFormatException e) {
      // As below.
    }
    return USUAL;
  }
}
