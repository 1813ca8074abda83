package org.memstacks.unwind;

import java.util.Arrays;

/**
 * Rows as they are found, by ascending pc; a row that says the same as the one before is dropped.
 */
final class RowBuffer {
  private long[] rows;
  private int size;

  RowBuffer(int expected) {
    rows = new long[Math.max(expected, 16)];
  }

  /** From this pc on, this rule holds. */
  void add(long pc, int rule) {
    if (size > 0 && UnwindRow.pc(rows[size - 1]) == pc) {
      size--;
    }
    if (size > 0 && UnwindRow.rule(rows[size - 1]) == rule) {
      return;
    }
    if (size == rows.length) {
      rows = Arrays.copyOf(rows, size + (size >> 1));
    }
    rows[size++] = UnwindRow.pack(pc, rule);
  }

  /** Drops what was added after there were this many. */
  void cut(int sizeThen) {
    size = sizeThen;
  }

  int size() {
    return size;
  }

  void addAll(RowBuffer other) {
    if (other.size == 0) {
      return;
    }
    add(UnwindRow.pc(other.rows[0]), UnwindRow.rule(other.rows[0]));
    if (size + other.size > rows.length) {
      rows = Arrays.copyOf(rows, size + other.size);
    }
    System.arraycopy(other.rows, 1, rows, size, other.size - 1);
    size += other.size - 1;
  }

  long[] toArray() {
    return Arrays.copyOf(rows, size);
  }
}
