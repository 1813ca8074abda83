package org.memstacks.target;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
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
