package org.memstacks.target;

import static java.nio.file.StandardOpenOption.CREATE;
import static java.nio.file.StandardOpenOption.READ;
import static java.nio.file.StandardOpenOption.SPARSE;
import static java.nio.file.StandardOpenOption.WRITE;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.channels.FileChannel;
import java.nio.channels.FileChannel.MapMode;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.memstacks.target.Pagemap.Method;

/** A process that sleeps, looked at in both ways and by the kernel's own count. */
@Tag("live")
class PagemapTest {
  @Test
  void bothWaysSeeTheSamePagesAndTheKernelsCount() throws IOException, InterruptedException {
    Process sleeper = new ProcessBuilder("sleep", "60").start();
    try {
      Thread.sleep(200);
      int pid = (int) sleeper.pid();
      MemoryMap map = MemoryMap.of(pid);
      Map<Long, Boolean> read = pages(pid, map, Method.READ);
      assertThat(read.values().stream().filter(resident -> resident).count())
          .isEqualTo(TargetProcess.of(pid).activity().residentPages());
      try (Pagemap best = Pagemap.open(pid)) {
        assumeTrue(best.method() == Method.SCAN, "this kernel has no PAGEMAP_SCAN (6.7)");
      }
      assertThat(pages(pid, map, Method.SCAN)).isEqualTo(read);
    } finally {
      sleeper.destroyForcibly();
    }
  }

  /** As many lone pages as one call of the kernel tells of, in as much memory as it looks at. */
  @Test
  void pagesFarApartAreSeenOnceEach(@TempDir Path directory) throws IOException {
    long bytes = 3L << 30;
    int stride = 1 << 18;
    try (FileChannel file =
            FileChannel.open(directory.resolve("sparse"), CREATE, READ, WRITE, SPARSE);
        Arena arena = Arena.ofConfined()) {
      MemorySegment memory = file.map(MapMode.READ_WRITE, 0, bytes, arena);
      for (long at = 0; at < bytes; at += stride) {
        memory.set(ValueLayout.JAVA_BYTE, at, (byte) 1);
      }
      long first = memory.address() >>> Pagemap.PAGE_SHIFT;
      long end = first + (bytes >>> Pagemap.PAGE_SHIFT);
      int pid = (int) ProcessHandle.current().pid();
      long count = 0;
      Set<Long> pages = new HashSet<>();
      try (Pagemap pagemap = Pagemap.open(pid)) {
        ResidentPages found = pagemap.snapshot(MemoryMap.of(pid));
        for (int i = 0; i < found.ranges(); i++) {
          for (long page = found.first(i); page < found.end(i); page++) {
            if (page >= first && page < end && found.isResident(i)) {
              count++;
              pages.add(page);
            }
          }
        }
      }
      assertThat(count).isEqualTo(pages.size()).isGreaterThanOrEqualTo(bytes / stride);
    }
  }

  private static Map<Long, Boolean> pages(int pid, MemoryMap map, Method method)
      throws IOException {
    Map<Long, Boolean> pages = new TreeMap<>();
    try (Pagemap pagemap = Pagemap.open(pid, method)) {
      ResidentPages found = pagemap.snapshot(map);
      for (int i = 0; i < found.ranges(); i++) {
        for (long page = found.first(i); page < found.end(i); page++) {
          pages.put(page, found.isResident(i));
        }
      }
    }
    return pages;
  }
}
