package org.memstacks.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** What this process takes beside the kernel's tables. */
final class OwnMemory {
  private OwnMemory() {}

  /**
   * Its own resident pages, RssAnon in /proc/self/status (proc(5)): neither files, which others
   * share, nor the kernel's tables, which are mapped here as well. 0 when the kernel does not tell.
   */
  static long residentBytes() {
    try {
      for (String line : Files.readAllLines(Path.of("/proc/self/status"))) {
        if (line.startsWith("RssAnon:")) {
          return Long.parseLong(line.replaceAll("\\D", "")) << 10;
        }
      }
    } catch (IOException e) {
      // Only for people: less said.
    }
    return 0;
  }
}
