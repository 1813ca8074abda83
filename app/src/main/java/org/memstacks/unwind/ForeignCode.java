package org.memstacks.unwind;

import java.util.List;
import org.memstacks.elf.ProgramHeader;

/**
 * Finds code in an object that another generator than its C compiler made, and which keeps frame
 * pointers instead of unwind information: V8's builtins in node (1 to 2 MB), the Go part of a
 * program with cgo. Compilers and assemblers leave only small gaps, where frame pointers prove
 * nothing.
 */
final class ForeignCode {
  /** The largest stretch of hand-written assembler without unwind information is far smaller. */
  static final long LEAST = 256 << 10;

  /** Rows hold a pc in 32 bits. */
  private static final long MAX_PC = 0xffffffffL;

  private ForeignCode() {}

  /**
   * Turns large gaps into {@link UnwindRow#FRAME_POINTER_KEPT} rows, those before the first
   * function and behind the last included.
   *
   * @param rows sorted, the last one a gap; may be changed
   */
  static long[] mark(long[] rows, List<ProgramHeader> segments) {
    for (int i = 0; i + 1 < rows.length; i++) {
      long pc = UnwindRow.pc(rows[i]);
      if (UnwindRow.rule(rows[i]) == UnwindRow.GAP && UnwindRow.pc(rows[i + 1]) - pc >= LEAST) {
        rows[i] = UnwindRow.pack(pc, UnwindRow.FRAME_POINTER_KEPT);
      }
    }
    RowBuffer marked = new RowBuffer(rows.length + 2);
    long first = UnwindRow.pc(rows[0]);
    long begin = first;
    long last = UnwindRow.pc(rows[rows.length - 1]);
    long end = last;
    for (ProgramHeader s : segments) {
      if (s.isLoad() && s.isExecutable() && s.address() >= 0) {
        long codeEnd = s.address() + s.fileSize();
        if (s.address() <= first && first < codeEnd) {
          begin = s.address();
        }
        if (s.address() <= last && last < codeEnd) {
          end = Math.min(codeEnd, MAX_PC);
        }
      }
    }
    if (first - begin < LEAST && end - last < LEAST) {
      return rows;
    }
    if (first - begin >= LEAST) {
      marked.add(begin, UnwindRow.FRAME_POINTER_KEPT);
    }
    for (long row : rows) {
      marked.add(UnwindRow.pc(row), UnwindRow.rule(row));
    }
    if (end - last >= LEAST) {
      marked.add(last, UnwindRow.FRAME_POINTER_KEPT);
      marked.add(end, UnwindRow.GAP);
    }
    return marked.toArray();
  }
}
