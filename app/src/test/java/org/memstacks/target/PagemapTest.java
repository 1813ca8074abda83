package org.memstacks.target;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.IntStream;
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

  /**
   * A look has room for 4,096 regions, of 1 GiB at a time: one page each 256 KiB fills it exactly.
   */
  @Test
  void asManyRegionsAsThereIsRoomForAreSeenOnce() throws Throwable {
    long bytes = 3L << 30;
    MemorySegment memory = SparseMemory.map(bytes);
    try {
      for (long at = 0; at < bytes; at += 256 << 10) {
        memory.set(ValueLayout.JAVA_BYTE, at, (byte) 1);
      }
      long first = memory.address() >>> Pagemap.PAGE_SHIFT;
      long end = first + (bytes >>> Pagemap.PAGE_SHIFT);
      int pid = (int) ProcessHandle.current().pid();
      long pages = 0;
      try (Pagemap pagemap = Pagemap.open(pid)) {
        ResidentPages found = pagemap.snapshot(MemoryMap.of(pid));
        for (int i = 0; i < found.ranges(); i++) {
          pages += Math.max(0, Math.min(end, found.end(i)) - Math.max(first, found.first(i)));
        }
      }

      assertThat(pages).isEqualTo(3 * 4096);
    } finally {
      SparseMemory.unmap(memory);
    }
  }

  @Test
  void whatWasMappedAfterTheMapWasReadIsSeenAsWell() throws Throwable {
    int pid = (int) ProcessHandle.current().pid();
    MemoryMap map = MemoryMap.of(pid);
    MemorySegment memory = SparseMemory.map(3L << 30);
    try (Pagemap pagemap = Pagemap.open(pid)) {
      assumeTrue(pagemap.method() == Method.SCAN, "this kernel has no PAGEMAP_SCAN (6.7)");
      memory.set(ValueLayout.JAVA_BYTE, 2L << 30, (byte) 1);
      ResidentPages found = pagemap.snapshot(map);
      long page = memory.address() + (2L << 30) >>> Pagemap.PAGE_SHIFT;

      assertThat(IntStream.range(0, found.ranges()))
          .anyMatch(i -> found.first(i) <= page && page < found.end(i) && found.isResident(i));
      assertThat(map.holds(found)).isFalse();
      assertThat(map.with(MemoryMap.of(pid)).holds(found)).isTrue();
    } finally {
      SparseMemory.unmap(memory);
    }
  }

  /** Anonymous memory of this process, by mmap, without huge pages. */
  private static final class SparseMemory {
    private static final int NO_HUGE_PAGES = 15;
    private static final int PRIVATE_ANONYMOUS_NO_RESERVE = 0x4022;

    static MemorySegment map(long bytes) throws Throwable {
      long address =
          (long)
              function("mmap", JAVA_LONG, JAVA_LONG, JAVA_INT, JAVA_INT, JAVA_INT, JAVA_LONG)
                  .invokeExact(0L, bytes, 3, PRIVATE_ANONYMOUS_NO_RESERVE, -1, 0L);
      assertThat(address).isNotEqualTo(-1);
      long advised =
          (long)
              function("madvise", JAVA_LONG, JAVA_LONG, JAVA_INT)
                  .invokeExact(address, bytes, NO_HUGE_PAGES);
      assertThat((int) advised).isZero();
      return MemorySegment.ofAddress(address).reinterpret(bytes);
    }

    static void unmap(MemorySegment memory) throws Throwable {
      long unmapped =
          (long)
              function("munmap", JAVA_LONG, JAVA_LONG)
                  .invokeExact(memory.address(), memory.byteSize());
      assertThat((int) unmapped).isZero();
    }

    private static MethodHandle function(String name, MemoryLayout... parameters) {
      Linker linker = Linker.nativeLinker();
      return linker.downcallHandle(
          linker.defaultLookup().findOrThrow(name), FunctionDescriptor.of(JAVA_LONG, parameters));
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
