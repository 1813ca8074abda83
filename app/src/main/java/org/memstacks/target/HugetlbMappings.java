package org.memstacks.target;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.Set;

/**
 * The mappings of hugetlbfs, whose pages do not count as resident: those whose page size, as
 * /proc/PID/smaps says, is larger than the machine's. Reading it makes the kernel walk all of the
 * process's memory, so it is read only when some file's page is huge.
 */
public final class HugetlbMappings {
  private static final String PAGE_SIZE = "KernelPageSize:";
  private static final long SMALL_KILOBYTES = 4;

  private HugetlbMappings() {}

  /** The starts of those mappings. */
  public static Set<Long> of(int pid, MemoryMap map, ResidentPages pages) throws IOException {
    return hasHugeFilePage(map, pages)
        ? read(Path.of("/proc", Integer.toString(pid), "smaps"))
        : Set.of();
  }

  private static boolean hasHugeFilePage(MemoryMap map, ResidentPages pages) {
    for (int i = 0; i < pages.ranges(); i++) {
      if ((pages.kind(i) & ResidentPages.HUGE) != 0
          && map.find(pages.first(i) << Pagemap.PAGE_SHIFT)
              .filter(mapping -> mapping.inode() != 0)
              .isPresent()) {
        return true;
      }
    }
    return false;
  }

  private static Set<Long> read(Path smaps) throws IOException {
    Set<Long> starts = new HashSet<>();
    try (BufferedReader lines = Files.newBufferedReader(smaps, StandardCharsets.ISO_8859_1)) {
      long start = 0;
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        if (line.startsWith(PAGE_SIZE)) {
          String kilobytes = line.substring(PAGE_SIZE.length()).replace("kB", "").strip();
          if (Long.parseLong(kilobytes) > SMALL_KILOBYTES) {
            starts.add(start);
          }
        } else {
          start = startOf(line, start);
        }
      }
    }
    return starts;
  }

  /** The address that a mapping's first line begins with, else what it was. */
  private static long startOf(String line, long start) {
    int dash = line.indexOf('-');
    int space = line.indexOf(' ');
    if (dash <= 0 || space < dash || line.indexOf(':') < space && line.indexOf(':') >= 0) {
      return start;
    }
    try {
      return Long.parseUnsignedLong(line, 0, dash, 16);
    } catch (NumberFormatException e) {
      return start;
    }
  }
}
