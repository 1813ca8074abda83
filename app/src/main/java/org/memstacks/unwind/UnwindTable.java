package org.memstacks.unwind;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.Optional;
import java.util.concurrent.Executor;
import org.memstacks.elf.ElfException;
import org.memstacks.elf.ElfFile;
import org.memstacks.elf.SymbolTable;

/**
 * The unwind rows of one object, sorted; see {@link UnwindRow} for what each says. The first row is
 * that of the lowest function, the last is a gap: pcs outside have no rows.
 */
public final class UnwindTable {
  private static final ValueLayout.OfLong ROW =
      ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  private final long[] rows;
  private final int malformed;

  UnwindTable(long[] rows, int malformed) {
    this.rows = rows;
    this.malformed = malformed;
  }

  /**
   * Builds the table of an object.
   *
   * @param executor runs parts of the work; the caller's thread does its part too
   * @return empty when it has no .eh_frame, or one that describes no function
   * @throws ElfException when the object is not for x86-64, or its .eh_frame is beyond bounds
   */
  public static Optional<UnwindTable> build(ElfFile elf, Executor executor) throws IOException {
    Optional<UnwindTable> described = describe(elf, executor);
    return described.isPresent() ? Optional.of(described.get().withStartCode(elf)) : described;
  }

  /** As {@link #build}, but for what {@link #withStartCode} adds. */
  static Optional<UnwindTable> describe(ElfFile elf, Executor executor) throws IOException {
    if (elf.machine() != ElfFile.EM_X86_64) {
      throw new ElfException(elf.name() + ": unwind rows are made for x86-64 only");
    }
    Optional<EhFrame> frames = EhFrame.of(elf);
    if (frames.isEmpty()) {
      return Optional.empty();
    }
    FdeIndex index;
    try {
      index = FdeIndex.of(frames.get(), elf.segments());
    } catch (ElfException e) {
      throw new ElfException(elf.name() + ": " + e.getMessage());
    }
    if (index.count() == 0) {
      return Optional.empty();
    }
    UnwindTable table = new TableBuilder(frames.get(), index).build(executor);
    long[] rows = isCLibrary(elf) ? table.rows : ForeignCode.mark(table.rows, elf.segments());
    // Larger ones are kept by what .eh_frame says: their rows must depend on nothing else.
    if (frames.get().bytes().byteSize() < UnwindCache.MIN_SIZE) {
      rows = SignalReturn.mark(rows, elf);
    }
    return Optional.of(new UnwindTable(rows, table.malformed));
  }

  /** With rules for code that begins programs and threads, where .eh_frame has none. */
  UnwindTable withStartCode(ElfFile elf) throws IOException {
    long[] marked = StartCode.mark(rows, elf);
    return marked == rows ? this : new UnwindTable(marked, malformed);
  }

  /** musl is one large gap, and keeps no frame pointers. */
  private static boolean isCLibrary(ElfFile elf) throws IOException {
    Optional<SymbolTable> exported = elf.dynsym();
    return exported.isPresent() && exported.get().find("__libc_start_main") >= 0;
  }

  public int size() {
    return rows.length;
  }

  /** A row, to be read by {@link UnwindRow}. */
  public long row(int index) {
    return rows[index];
  }

  /** The rule at this pc (relative to the load bias); {@link UnwindRow#GAP} outside the table. */
  public int ruleAt(long pc) {
    int low = 0;
    int high = rows.length;
    while (low < high) {
      int middle = (low + high) >>> 1;
      if (UnwindRow.pc(rows[middle]) <= pc) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return low == 0 ? UnwindRow.GAP : UnwindRow.rule(rows[low - 1]);
  }

  /** Writes all rows, eight bytes each, little-endian. */
  public void copyTo(MemorySegment target, long byteOffset) {
    MemorySegment.copy(rows, 0, target, ROW, byteOffset, rows.length);
  }

  /** Frame descriptions that contradicted themselves; their code has UNSUPPORTED rows or none. */
  public int malformed() {
    return malformed;
  }

  /** Bytes of code that rules of each type cover, indexed by type. */
  public long[] bytesByType() {
    long[] bytes = new long[UnwindRow.TYPES];
    for (int i = 0; i + 1 < rows.length; i++) {
      bytes[UnwindRow.type(UnwindRow.rule(rows[i]))] +=
          UnwindRow.pc(rows[i + 1]) - UnwindRow.pc(rows[i]);
    }
    return bytes;
  }

  long[] rows() {
    return rows;
  }
}
