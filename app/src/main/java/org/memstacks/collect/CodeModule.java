package org.memstacks.collect;

import static java.lang.foreign.ValueLayout.JAVA_INT;

import java.lang.foreign.MemorySegment;
import java.util.Optional;
import org.memstacks.bpf.Layouts.CodeMapping;
import org.memstacks.unwind.UnwindRow;
import org.memstacks.unwind.UnwindTable;

/** What is known of the code of one object. */
final class CodeModule {
  /** Code that no object describes: frame pointers are all there is. */
  static final CodeModule UNDESCRIBED = new CodeModule(Optional.empty());

  private static final long PAGE = 1L << CodeMapping.ROW_PAGE_SHIFT;

  private final Optional<UnwindTable> table;

  CodeModule(Optional<UnwindTable> table) {
    this.table = table.filter(t -> t.size() > 0);
  }

  boolean hasRows() {
    return table.isPresent();
  }

  int rows() {
    return table.map(UnwindTable::size).orElse(0);
  }

  /** What rows state for the begin of the first page. */
  int base() {
    return (int) (firstPc() & -PAGE);
  }

  /** Pages from the first row to the last. */
  int pages() {
    return hasRows() ? (int) ((lastPc() - (firstPc() & -PAGE)) / PAGE) + 1 : 0;
  }

  /**
   * Writes the rows and, for each page of code, where its rows are.
   *
   * @param row number of the first row
   * @param page number of the first page
   */
  void copyTo(MemorySegment rows, int row, MemorySegment rowPages, int page) {
    UnwindTable source = table.orElseThrow();
    source.copyTo(rows, row * CodeMapping.ROW_BYTES);
    int last = 0;
    for (int p = 0; p < pages(); p++) {
      long at = (page + p) * CodeMapping.ROW_PAGE_BYTES;
      long end = (firstPc() & -PAGE) + (p + 1) * PAGE;
      rowPages.set(JAVA_INT, at, row + last);
      // The row in force at the next page's begin is that page's first, and may begin within this
      // one.
      while (last + 1 < source.size() && pc(source, last + 1) <= end) {
        last++;
      }
      rowPages.set(JAVA_INT, at + Integer.BYTES, row + last);
    }
  }

  private long firstPc() {
    return table.map(t -> pc(t, 0)).orElse(0L);
  }

  private long lastPc() {
    return table.map(t -> pc(t, t.size() - 1)).orElse(0L);
  }

  private static long pc(UnwindTable table, int index) {
    return UnwindRow.pc(table.row(index));
  }
}
