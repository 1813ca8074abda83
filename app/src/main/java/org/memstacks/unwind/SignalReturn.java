package org.memstacks.unwind;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.memstacks.elf.ElfFile;

/**
 * Finds the function that signal handlers return to where no unwind information describes it
 * (musl's): by its two instructions, as GDB does. The kernel laid the frame out, so its rule is
 * known all the same.
 */
final class SignalReturn {
  /** mov $15 (rt_sigreturn), %rax; syscall. */
  private static final byte[] CODE = {0x48, (byte) 0xc7, (byte) 0xc0, 0x0f, 0, 0, 0, 0x0f, 0x05};

  private SignalReturn() {}

  /**
   * Adds the rule where the code lies in a gap.
   *
   * @param rows sorted, the last one a gap
   * @throws IOException when the object's code cannot be read
   */
  static long[] mark(long[] rows, ElfFile elf) throws IOException {
    long[] marked = rows;
    for (Gap gap : Gap.searchable(rows, elf.segments())) {
      MemorySegment bytes = elf.bytesAt(gap.start(), gap.end() - gap.start());
      long at = find(bytes);
      if (at > 0) {
        // Returned to at its first byte, and so looked up one byte before.
        long start = gap.start() + at;
        marked = Gap.fill(marked, start - 1, start + CODE.length, UnwindRow.SIGNAL);
      }
    }
    return marked;
  }

  private static long find(MemorySegment bytes) {
    for (long at = 0; at + CODE.length <= bytes.byteSize(); at++) {
      int i = 0;
      while (i < CODE.length && bytes.get(ValueLayout.JAVA_BYTE, at + i) == CODE[i]) {
        i++;
      }
      if (i == CODE.length) {
        return at;
      }
    }
    return -1;
  }
}
