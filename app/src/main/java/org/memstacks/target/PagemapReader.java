package org.memstacks.target;

import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * Reads /proc/PID/pagemap word by word, as kernels before 6.7 need it
 * (Documentation/admin-guide/mm/pagemap.rst). The zero page is told by /proc/kpageflags; without
 * leave to read that, it counts as resident.
 */
final class PagemapReader {
  private static final int WORDS = 65_536;
  private static final long PRESENT = 1L << 63;
  private static final long SWAPPED = 1L << 62;
  private static final long FILE = 1L << 61;
  private static final long EXCLUSIVE = 1L << 56;
  private static final long FRAME = (1L << 55) - 1;
  /* include/uapi/linux/kernel-page-flags.h */
  private static final long KPF_ZERO_PAGE = 1L << 24;

  private final int pid;
  private final NativeFile file;

  PagemapReader(int pid, NativeFile file) {
    this.pid = pid;
    this.file = file;
  }

  ResidentPages read(MemoryMap map) throws IOException {
    ResidentPages.Builder pages = new ResidentPages.Builder();
    try (Arena arena = Arena.ofConfined();
        NativeFile flags = flags()) {
      MemorySegment words = arena.allocate(WORDS * 8L, 8);
      MemorySegment flag = arena.allocate(8, 8);
      for (MemoryMap.Span span : map.spans()) {
        long page = span.start() >>> Pagemap.PAGE_SHIFT;
        long end = span.end() >>> Pagemap.PAGE_SHIFT;
        while (page < end) {
          long count = Math.min(end - page, WORDS);
          long read = file.read(words.asSlice(0, count * 8), page * 8) / 8;
          if (read == 0) {
            throw new IOException("/proc/" + pid + "/pagemap: the address space has ended");
          }
          for (long i = 0; i < read; i++) {
            long word = words.get(JAVA_LONG, i * 8);
            if ((word & (PRESENT | SWAPPED)) != 0) {
              pages.add(page + i, page + i + 1, kind(word, flags, flag));
            }
          }
          page += read;
        }
      }
    }
    return pages.build();
  }

  private static NativeFile flags() throws IOException {
    try {
      return NativeFile.open("/proc/kpageflags");
    } catch (IOException e) {
      return null;
    }
  }

  private static int kind(long word, NativeFile flags, MemorySegment flag) throws IOException {
    if ((word & SWAPPED) != 0) {
      return ResidentPages.SWAPPED;
    }
    int kind = ResidentPages.PRESENT | ((word & FILE) != 0 ? ResidentPages.FILE : 0);
    long frame = word & FRAME;
    // The zero page belongs to no file and is shared; asking for every page's flags would be slow.
    boolean mayBeZero = flags != null && frame != 0 && (word & (FILE | EXCLUSIVE)) == 0;
    if (mayBeZero
        && flags.read(flag, frame * 8) == 8
        && (flag.get(JAVA_LONG, 0) & KPF_ZERO_PAGE) != 0) {
      return kind | ResidentPages.ZERO;
    }
    return kind;
  }
}
