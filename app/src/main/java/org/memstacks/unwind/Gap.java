package org.memstacks.unwind;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.memstacks.elf.ProgramHeader;

/**
 * Code of an object that its unwind rows leave out.
 *
 * @param start address of its first byte
 * @param end address behind its last byte
 */
record Gap(long start, long end) {
  /** Smaller gaps are padding between functions. */
  private static final long LEAST = 64;

  /** All of musl has half as much. */
  private static final long MOST_BYTES = 1 << 20;

  /** Rows hold a pc in 32 bits. */
  private static final long MAX_PC = 0xffffffffL;

  /**
   * The gaps worth a search for functions of the C library.
   *
   * @param rows sorted, the last one a gap
   * @return none where they are too much for a C library
   */
  static List<Gap> searchable(long[] rows, List<ProgramHeader> segments) {
    List<Gap> gaps = new ArrayList<>();
    for (ProgramHeader s : segments) {
      long end = s.address() + s.fileSize();
      if (!s.isLoad() || !s.isExecutable() || s.address() < 0 || end > MAX_PC) {
        continue;
      }
      add(gaps, s.address(), Math.min(UnwindRow.pc(rows[0]), end));
      for (int i = 0; i < rows.length; i++) {
        if (UnwindRow.rule(rows[i]) == UnwindRow.GAP) {
          long next = i + 1 < rows.length ? UnwindRow.pc(rows[i + 1]) : end;
          add(gaps, Math.max(UnwindRow.pc(rows[i]), s.address()), Math.min(next, end));
        }
      }
    }
    return gaps.stream().mapToLong(g -> g.end - g.start).sum() > MOST_BYTES ? List.of() : gaps;
  }

  private static void add(List<Gap> gaps, long start, long end) {
    if (end - start >= LEAST) {
      gaps.add(new Gap(start, end));
    }
  }

  boolean holds(long address) {
    return start <= address && address < end;
  }

  /**
   * Gives these addresses a rule.
   *
   * @param rows sorted, the last one a gap
   * @return other rows, or the same ones if not all of these addresses lie in one gap
   */
  static long[] fill(long[] rows, long start, long end, int rule) {
    if (start < 0 || end <= start || end > MAX_PC) {
      return rows;
    }
    int next = 0;
    while (next < rows.length && UnwindRow.pc(rows[next]) <= start) {
      next++;
    }
    boolean beginsGap = next > 0 && UnwindRow.pc(rows[next - 1]) == start;
    boolean endsGap = next < rows.length && UnwindRow.pc(rows[next]) <= end;
    if (next > 0 && UnwindRow.rule(rows[next - 1]) != UnwindRow.GAP
        || endsGap && UnwindRow.pc(rows[next]) < end) {
      return rows;
    }
    int kept = beginsGap ? next - 1 : next;
    int added = endsGap ? 1 : 2;
    long[] filled = Arrays.copyOf(rows, kept + added + rows.length - next);
    filled[kept] = UnwindRow.pack(start, rule);
    if (!endsGap) {
      filled[kept + 1] = UnwindRow.pack(end, UnwindRow.GAP);
    }
    System.arraycopy(rows, next, filled, kept + added, rows.length - next);
    return filled;
  }
}
