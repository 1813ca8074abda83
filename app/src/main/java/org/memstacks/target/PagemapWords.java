package org.memstacks.target;

import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * Reads /proc/PID/pagemap, which has a word for each page
 * (Documentation/admin-guide/mm/pagemap.rst). Not safe for use by several threads.
 */
final class PagemapWords implements AutoCloseable {
  static final long PRESENT = 1L << 63;
  static final long SWAPPED = 1L << 62;
  /* Of a file, or shared. */
  static final long FILE = 1L << 61;
  static final long GUARD = 1L << 58;
  /* Mapped once. */
  static final long EXCLUSIVE = 1L << 56;
  /* The page frame's number, or swap area and offset; 0 without CAP_SYS_ADMIN. */
  static final long FRAME = (1L << 55) - 1;
  private static final int WORDS = 65_536;

  private final int pid;
  private final NativeFile file;
  private final Arena arena = Arena.ofConfined();
  private final MemorySegment words = arena.allocate(WORDS * 8L, 8);

  /**
   * @param file the process's, not closed with this
   */
  PagemapWords(int pid, NativeFile file) {
    this.pid = pid;
    this.file = file;
  }

  /** Takes a page's word. */
  @FunctionalInterface
  interface Visitor {
    void visit(long page, long word) throws IOException;
  }

  /**
   * Visits pages from {@code first} up to {@code end}, exclusive.
   *
   * @throws IOException also when the process has ended
   */
  void forEach(long first, long end, Visitor visitor) throws IOException {
    for (long page = first; page < end; ) {
      long count = Math.min(end - page, WORDS);
      long read = file.read(words.asSlice(0, count * 8), page * 8) / 8;
      if (read == 0) {
        throw new IOException("/proc/" + pid + "/pagemap: the address space has ended");
      }
      for (long i = 0; i < read; i++) {
        visitor.visit(page + i, words.get(JAVA_LONG, i * 8));
      }
      page += read;
    }
  }

  @Override
  public void close() {
    arena.close();
  }
}
