package org.memstacks.target;

import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Optional;

/**
 * Which neighbours of a page lie in the same folio, that is, were allocated with it at once: from
 * the numbers of the page frames and their flags (/proc/kpageflags, compound pages). Not safe for
 * use by several threads.
 */
public final class Folios implements AutoCloseable {
  /* As many pages as the largest folio of anonymous memory has. */
  private static final int MOST = 512;
  private static final long COMPOUND_HEAD = 1L << 15;
  private static final long COMPOUND_TAIL = 1L << 16;

  /**
   * Pages of a process that share a folio, if all of it is mapped in place.
   *
   * @param first page number
   * @param end exclusive
   */
  public record Folio(long first, long end) {}

  private final NativeFile pagemap;
  private final NativeFile flags;
  private final Arena arena = Arena.ofShared();
  private final MemorySegment words = arena.allocate(8L * MOST, 8);

  private Folios(NativeFile pagemap, NativeFile flags) {
    this.pagemap = pagemap;
    this.flags = flags;
  }

  /**
   * @return empty when page frames may not be looked at, which takes CAP_SYS_ADMIN: without it the
   *     kernel shows their numbers as 0
   */
  public static Optional<Folios> of(int pid) {
    if (!Capabilities.ownHasSysAdmin()) {
      return Optional.empty();
    }
    try {
      NativeFile pagemap = NativeFile.open("/proc/" + pid + "/pagemap");
      try {
        return Optional.of(new Folios(pagemap, NativeFile.open("/proc/kpageflags")));
      } catch (IOException e) {
        pagemap.close();
        return Optional.empty();
      }
    } catch (IOException e) {
      return Optional.empty();
    }
  }

  /** The folio that this page is part of; empty when it is a page by itself, or not known. */
  public Optional<Folio> of(long page) {
    try {
      MemorySegment word = words.asSlice(0, 8);
      if (pagemap.read(word, page * 8) != 8) {
        return Optional.empty();
      }
      long frame = word.get(JAVA_LONG, 0) & PagemapWords.FRAME;
      if ((word.get(JAVA_LONG, 0) & PagemapWords.PRESENT) == 0 || frame == 0) {
        return Optional.empty();
      }
      // Folios are aligned to their size.
      long base = frame & -MOST;
      long known = flags.read(words, base * 8) / 8;
      int at = (int) (frame - base);
      if (at >= known || !isPart(at)) {
        return Optional.empty();
      }
      int head = at;
      while (head > 0 && (flag(head) & COMPOUND_HEAD) == 0) {
        head--;
      }
      int end = at + 1;
      while (end < known && (flag(end) & COMPOUND_TAIL) != 0) {
        end++;
      }
      return Optional.of(new Folio(page - (at - head), page + (end - at)));
    } catch (IOException e) {
      return Optional.empty();
    }
  }

  @Override
  public void close() {
    pagemap.close();
    flags.close();
    arena.close();
  }

  private boolean isPart(int index) {
    return (flag(index) & (COMPOUND_HEAD | COMPOUND_TAIL)) != 0;
  }

  private long flag(int index) {
    return words.get(JAVA_LONG, index * 8L);
  }
}
