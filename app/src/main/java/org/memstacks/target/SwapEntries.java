package org.memstacks.target;

import java.io.IOException;

/**
 * Tells pages in swap from what else the kernel keeps in page tables in the same form, and shows as
 * swap: marks of pages that are not there (guards of MADV_GUARD_INSTALL, userfaultfd's write
 * protection), and pages that are just being moved in memory. The number of the swap area tells:
 * the highest ones stand for these (include/linux/swap.h, MAX_SWAPFILES).
 */
final class SwapEntries {
  /* Of the entry, whose offset is never 0. */
  private static final int AREA = 31;
  /* However the kernel was configured, so many areas are swap, and the last number is the marks'. */
  private static final int SWAP_AREAS = 23;
  private static final int MARKS = 31;

  private final int pid;
  private final NativeFile pagemap;

  /**
   * @param pagemap the process's, open
   */
  SwapEntries(int pid, NativeFile pagemap) {
    this.pid = pid;
    this.pagemap = pagemap;
  }

  /** What is in swap now, without the rest. */
  ResidentPages verified(ResidentPages pages) throws IOException {
    long shown = 0;
    for (int i = 0; i < pages.ranges(); i++) {
      shown += pages.isSwapped(i) ? pages.end(i) - pages.first(i) : 0;
    }
    if (shown == 0) {
      return pages;
    }
    long counted = counted();
    return shown == counted ? pages : told(pages, counted);
  }

  /** Pages of the process in swap by the kernel's count. */
  private long counted() throws IOException {
    // It has none when it ends, or the kernel has no swap.
    return TargetProcess.status(pid, "VmSwap:").orElse(0) / 4;
  }

  private ResidentPages told(ResidentPages pages, long counted) throws IOException {
    ResidentPages.Builder told = new ResidentPages.Builder();
    try (PagemapWords words = new PagemapWords(pid, pagemap)) {
      for (int i = 0; i < pages.ranges(); i++) {
        if (!pages.isSwapped(i)) {
          told.add(pages.first(i), pages.end(i), pages.kind(i));
          continue;
        }
        words.forEach(
            pages.first(i), pages.end(i), (page, word) -> add(told, page, word, counted > 0));
      }
    }
    return told.build();
  }

  private static void add(ResidentPages.Builder told, long page, long word, boolean hasSwap) {
    int kind = kind(word, hasSwap);
    if (kind != 0) {
      told.add(page, page + 1, kind);
    }
  }

  /**
   * What a word of pagemap says of a page that was shown as swapped; 0 when nothing is there.
   *
   * @param hasSwap whether anything of the process is in swap
   */
  static int kind(long word, boolean hasSwap) {
    int ofFile = (word & PagemapWords.FILE) != 0 ? ResidentPages.FILE : 0;
    if ((word & PagemapWords.SWAPPED) == 0) {
      // It came or went meanwhile.
      return word < 0 ? ResidentPages.PRESENT | ofFile : 0;
    }
    if ((word & PagemapWords.GUARD) != 0) {
      return 0;
    }
    if ((word & PagemapWords.FRAME) == 0) {
      return hasSwap ? ResidentPages.SWAPPED : 0;
    }
    int area = (int) (word & AREA);
    if (area == MARKS) {
      return 0;
    }
    return area < SWAP_AREAS ? ResidentPages.SWAPPED : ResidentPages.PRESENT | ofFile;
  }
}
