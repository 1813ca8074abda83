package org.memstacks.unwind;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.memstacks.elf.ElfFile;
import org.memstacks.elf.ProgramHeader;

/**
 * Finds the function that signal handlers return to where no unwind information describes it
 * (musl's): by its two instructions, as GDB does. The kernel laid the frame out, so its rule is
 * known all the same.
 */
final class SignalReturn {
  /** mov $15 (rt_sigreturn), %rax; syscall. */
  private static final byte[] CODE = {0x48, (byte) 0xc7, (byte) 0xc0, 0x0f, 0, 0, 0, 0x0f, 0x05};

  /** Smaller gaps are padding between functions. */
  private static final long LEAST_GAP = 64;

  /** All of musl has half as much. */
  private static final long MOST_BYTES = 1 << 20;

  private record Gap(long start, long end) {}

  private SignalReturn() {}

  /**
   * Adds the rule where the code lies in a gap.
   *
   * @param rows sorted, the last one a gap
   * @throws IOException when the object's code cannot be read
   */
  static long[] mark(long[] rows, ElfFile elf) throws IOException {
    List<Gap> gaps = gaps(rows, elf.segments());
    if (gaps.stream().mapToLong(g -> g.end - g.start).sum() > MOST_BYTES) {
      return rows;
    }
    long[] marked = rows;
    for (Gap gap : gaps) {
      MemorySegment bytes = elf.bytesAt(gap.start, gap.end - gap.start);
      long at = find(bytes);
      if (at > 0) {
        // Returned to at its first byte, and so looked up one byte before.
        marked = add(marked, UnwindRow.pack(gap.start + at - 1, UnwindRow.SIGNAL));
        marked = add(marked, UnwindRow.pack(gap.start + at + CODE.length, UnwindRow.GAP));
      }
    }
    return marked;
  }

  private static List<Gap> gaps(long[] rows, List<ProgramHeader> segments) {
    List<Gap> gaps = new ArrayList<>();
    for (ProgramHeader s : segments) {
      long end = s.address() + s.fileSize();
      if (!s.isLoad() || !s.isExecutable() || s.address() < 0 || end > 0xffffffffL) {
        continue;
      }
      addGap(gaps, s.address(), Math.min(UnwindRow.pc(rows[0]), end));
      for (int i = 0; i < rows.length; i++) {
        if (UnwindRow.rule(rows[i]) == UnwindRow.GAP) {
          long next = i + 1 < rows.length ? UnwindRow.pc(rows[i + 1]) : end;
          addGap(gaps, Math.max(UnwindRow.pc(rows[i]), s.address()), Math.min(next, end));
        }
      }
    }
    return gaps;
  }

  private static void addGap(List<Gap> gaps, long start, long end) {
    if (end - start >= LEAST_GAP) {
      gaps.add(new Gap(start, end));
    }
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

  /** Puts a row in its place; one of the same pc stays. */
  private static long[] add(long[] rows, long row) {
    int at = 0;
    while (at < rows.length && UnwindRow.pc(rows[at]) < UnwindRow.pc(row)) {
      at++;
    }
    if (at < rows.length && UnwindRow.pc(rows[at]) == UnwindRow.pc(row)) {
      return rows;
    }
    long[] more = Arrays.copyOf(rows, rows.length + 1);
    System.arraycopy(rows, at, more, at + 1, rows.length - at);
    more[at] = row;
    return more;
  }
}
