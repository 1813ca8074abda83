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
        PagemapWords words = new PagemapWords(pid, file);
        NativeFile flags = flags()) {
      MemorySegment flag = arena.allocate(8, 8);
      for (MemoryMap.Span span : map.spans()) {
        words.forEach(
            span.start() >>> Pagemap.PAGE_SHIFT,
            span.end() >>> Pagemap.PAGE_SHIFT,
            (page, word) -> {
              if ((word & (PagemapWords.PRESENT | PagemapWords.SWAPPED)) != 0) {
                pages.add(page, page + 1, kind(word, flags, flag));
              }
            });
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
    if ((word & PagemapWords.SWAPPED) != 0) {
      return ResidentPages.SWAPPED;
    }
    int kind = ResidentPages.PRESENT | ((word & PagemapWords.FILE) != 0 ? ResidentPages.FILE : 0);
    long frame = word & PagemapWords.FRAME;
    // The zero page belongs to no file and is shared; asking for every page's flags would be slow.
    boolean mayBeZero =
        flags != null && frame != 0 && (word & (PagemapWords.FILE | PagemapWords.EXCLUSIVE)) == 0;
    if (mayBeZero
        && flags.read(flag, frame * 8) == 8
        && (flag.get(JAVA_LONG, 0) & KPF_ZERO_PAGE) != 0) {
      return kind | ResidentPages.ZERO;
    }
    return kind;
  }
}
