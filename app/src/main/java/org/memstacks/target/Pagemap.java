package org.memstacks.target;

import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * /proc/PID/pagemap, held open: it stays bound to the address space it was opened on, which the
 * kernel does not reuse meanwhile, and reads as empty once that has ended (fs/proc/task_mmu.c).
 */
public final class Pagemap implements AutoCloseable {
  /** Bytes of a page; the only size of the machines supported. */
  public static final int PAGE_SHIFT = 12;

  /** How a snapshot is taken. */
  public enum Method {
    /** The PAGEMAP_SCAN ioctl, since Linux 6.7. */
    SCAN,
    /** Eight bytes for each page, and the flags of page frames. */
    READ
  }

  /* struct pm_scan_arg and struct page_region of include/uapi/linux/fs.h. */
  private static final long PAGEMAP_SCAN = 0xc0606610L;
  private static final long ARG_BYTES = 96;
  private static final long REGION_BYTES = 24;
  private static final long IS_FILE = 1 << 2;
  private static final long IS_PRESENT = 1 << 3;
  private static final long IS_SWAPPED = 1 << 4;
  private static final long IS_ZERO = 1 << 5;
  private static final long IS_HUGE = 1 << 6;

  private static final int REGIONS = 4096;
  /* The kernel holds the process's map while it scans: so much that is mapped at a time. */
  private static final long PIECE_BYTES = 1L << 30;
  /* Where user space ends with four levels of page tables; more is used on demand only. */
  private static final long USER_END = 0x7ffffffff000L;

  private final NativeFile file;
  private final Method method;
  private final int pid;

  private Pagemap(int pid, NativeFile file, Method method) {
    this.pid = pid;
    this.file = file;
    this.method = method;
  }

  /**
   * Opens it, by the best way that the kernel offers.
   *
   * @throws IOException when it may not be read, or the process is gone
   */
  public static Pagemap open(int pid) throws IOException {
    NativeFile file = NativeFile.open("/proc/" + pid + "/pagemap");
    try {
      return new Pagemap(pid, file, scans(file) ? Method.SCAN : Method.READ);
    } catch (IOException | RuntimeException | Error e) {
      file.close();
      throw e;
    }
  }

  /** As {@link #open(int)}, by this way. */
  static Pagemap open(int pid, Method method) throws IOException {
    return new Pagemap(pid, NativeFile.open("/proc/" + pid + "/pagemap"), method);
  }

  public Method method() {
    return method;
  }

  /**
   * What is in memory now.
   *
   * @param map where to look; with {@link Method#SCAN} what is mapped elsewhere is seen as well
   * @throws IOException when it can no longer be read
   */
  public ResidentPages snapshot(MemoryMap map) throws IOException {
    ResidentPages shown =
        method == Method.SCAN ? scan(map) : new PagemapReader(pid, file).read(map);
    return new SwapEntries(pid, file).verified(shown);
  }

  @Override
  public void close() {
    file.close();
  }

  private static boolean scans(NativeFile file) throws IOException {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment regions = arena.allocate(REGION_BYTES, 8);
      MemorySegment arg = argument(arena, regions, 1);
      arg.set(JAVA_LONG, 24, 1L << PAGE_SHIFT);
      return file.ioctl(PAGEMAP_SCAN, arg) >= 0;
    }
  }

  private static MemorySegment argument(Arena arena, MemorySegment regions, int length) {
    MemorySegment arg = arena.allocate(ARG_BYTES, 8);
    arg.set(JAVA_LONG, 0, ARG_BYTES);
    arg.set(JAVA_LONG, 40, regions.address());
    arg.set(JAVA_LONG, 48, length);
    arg.set(JAVA_LONG, 80, IS_PRESENT | IS_SWAPPED);
    arg.set(JAVA_LONG, 88, IS_FILE | IS_PRESENT | IS_SWAPPED | IS_ZERO | IS_HUGE);
    return arg;
  }

  private ResidentPages scan(MemoryMap map) throws IOException {
    ResidentPages.Builder pages = new ResidentPages.Builder();
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment regions = arena.allocate(REGION_BYTES * REGIONS, 8);
      MemorySegment arg = argument(arena, regions, REGIONS);
      // What lies between as well: it may have been mapped since the map was read.
      long from = 0;
      long mapped = 0;
      for (MemoryMap.Span span : map.spans()) {
        for (long at = span.start(); at < span.end(); ) {
          long to = Math.min(span.end(), at + PIECE_BYTES - mapped);
          mapped += to - at;
          at = to;
          if (mapped == PIECE_BYTES) {
            scan(arg, regions, from, to, pages);
            from = to;
            mapped = 0;
          }
        }
      }
      scan(arg, regions, from, Math.max(USER_END, from + mapped), pages);
    }
    return pages.build();
  }

  private void scan(
      MemorySegment arg, MemorySegment regions, long first, long end, ResidentPages.Builder pages)
      throws IOException {
    for (long from = first; from < end; ) {
      from = scanPiece(arg, regions, from, end, pages);
    }
  }

  /**
   * Where to go on: after the last region when there was no room for more. Not at walk_end, which
   * stays behind when the walk ends as the last region is written (pagemap_scan in
   * fs/proc/task_mmu.c), so that regions would come twice.
   */
  private long scanPiece(
      MemorySegment arg, MemorySegment regions, long from, long to, ResidentPages.Builder pages)
      throws IOException {
    arg.set(JAVA_LONG, 16, from);
    arg.set(JAVA_LONG, 24, to);
    arg.set(JAVA_LONG, 32, 0);
    int found = file.ioctl(PAGEMAP_SCAN, arg);
    if (found < 0) {
      throw new IOException(
          "/proc/%d/pagemap: cannot be scanned (errno %d)".formatted(pid, -found));
    }
    for (int i = 0; i < found; i++) {
      long at = i * REGION_BYTES;
      pages.add(
          regions.get(JAVA_LONG, at) >>> PAGE_SHIFT,
          regions.get(JAVA_LONG, at + 8) >>> PAGE_SHIFT,
          kind(regions.get(JAVA_LONG, at + 16)));
    }
    return found < REGIONS ? to : Math.min(to, regions.get(JAVA_LONG, REGION_BYTES * found - 16));
  }

  private static int kind(long categories) {
    return ((categories & IS_PRESENT) != 0 ? ResidentPages.PRESENT : 0)
        | ((categories & IS_SWAPPED) != 0 ? ResidentPages.SWAPPED : 0)
        | ((categories & IS_FILE) != 0 ? ResidentPages.FILE : 0)
        | ((categories & IS_ZERO) != 0 ? ResidentPages.ZERO : 0)
        | ((categories & IS_HUGE) != 0 ? ResidentPages.HUGE : 0);
  }
}
