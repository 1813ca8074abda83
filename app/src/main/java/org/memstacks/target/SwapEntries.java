package org.memstacks.target;

import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Tells pages in swap from what else the kernel keeps in page tables in the same form, and shows as
 * swap: marks of pages that are not there (guards of MADV_GUARD_INSTALL, userfaultfd's write
 * protection), and pages that are just being moved in memory. The number of the swap area tells:
 * the highest ones stand for these (include/linux/swap.h, MAX_SWAPFILES).
 */
final class SwapEntries {
  private static final int WORDS = 65_536;
  private static final long SWAPPED = 1L << 62;
  private static final long FILE = 1L << 61;
  private static final long GUARD = 1L << 58;
  /* Bits 0 to 54: area and offset, which is never 0; nothing without CAP_SYS_ADMIN. */
  private static final long ENTRY = (1L << 55) - 1;
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
    Path status = Path.of("/proc", Integer.toString(pid), "status");
    for (String line : Files.readAllLines(status, StandardCharsets.ISO_8859_1)) {
      if (line.startsWith("VmSwap:")) {
        return Long.parseLong(line.substring(7).replace("kB", "").strip()) / 4;
      }
    }
    // It has ended, or the kernel has no swap.
    return 0;
  }

  private ResidentPages told(ResidentPages pages, long counted) throws IOException {
    ResidentPages.Builder told = new ResidentPages.Builder();
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment words = arena.allocate(WORDS * 8L, 8);
      for (int i = 0; i < pages.ranges(); i++) {
        if (!pages.isSwapped(i)) {
          told.add(pages.first(i), pages.end(i), pages.kind(i));
          continue;
        }
        for (long page = pages.first(i); page < pages.end(i); ) {
          long count = Math.min(pages.end(i) - page, WORDS);
          long read = pagemap.read(words.asSlice(0, count * 8), page * 8) / 8;
          if (read == 0) {
            throw new IOException("/proc/" + pid + "/pagemap: the address space has ended");
          }
          for (long j = 0; j < read; j++) {
            add(told, page + j, words.get(JAVA_LONG, j * 8), counted > 0);
          }
          page += read;
        }
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
    int ofFile = (word & FILE) != 0 ? ResidentPages.FILE : 0;
    if ((word & SWAPPED) == 0) {
      // It came or went meanwhile.
      return word < 0 ? ResidentPages.PRESENT | ofFile : 0;
    }
    if ((word & GUARD) != 0) {
      return 0;
    }
    if ((word & ENTRY) == 0) {
      return hasSwap ? ResidentPages.SWAPPED : 0;
    }
    int area = (int) (word & AREA);
    if (area == MARKS) {
      return 0;
    }
    return area < SWAP_AREAS ? ResidentPages.SWAPPED : ResidentPages.PRESENT | ofFile;
  }
}
