package org.memstacks.cli;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import org.memstacks.report.HumanBytes;

/** What this process takes beside the kernel's tables. */
final class OwnMemory {
  private static final String TABLE = "anon_inode:bpf-map";

  private OwnMemory() {}

  /** What tracing takes, for people. */
  static String footprint(List<TracedProcess> processes) {
    return footprint(
        "memstacks", processes.stream().mapToLong(process -> process.trace().kernelBytes()).sum());
  }

  /**
   * @param name of the command
   * @param kernelBytes of all its tables
   */
  static String footprint(String name, long kernelBytes) {
    return String.format(
        Locale.ROOT,
        "tables take %s of kernel memory, %s itself %s",
        HumanBytes.of(kernelBytes),
        name,
        HumanBytes.of(residentBytes()));
  }

  /**
   * Its resident pages by /proc/self/smaps (proc(5)), those of files included, though others may
   * share them; without the kernel's tables, which are mapped here as well and counted apart. 0
   * when the kernel does not tell.
   */
  static long residentBytes() {
    // Names of files are bytes.
    try (BufferedReader smaps =
        Files.newBufferedReader(Path.of("/proc/self/smaps"), StandardCharsets.ISO_8859_1)) {
      long kilobytes = 0;
      boolean table = false;
      for (String line = smaps.readLine(); line != null; line = smaps.readLine()) {
        if (line.startsWith("Rss:")) {
          kilobytes += table ? 0 : Long.parseLong(line.replaceAll("\\D", ""));
        } else if (!Character.isUpperCase(line.charAt(0))) {
          table = line.endsWith(TABLE);
        }
      }
      return kilobytes << 10;
    } catch (IOException e) {
      // Only for people: less said.
      return 0;
    }
  }
}
