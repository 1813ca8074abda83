package org.memstacks.elf;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.List;
import java.util.Optional;

/**
 * The functions that Go's runtime knows, from .gopclntab (src/runtime/symtab.go, src/debug/gosym):
 * strip leaves them in. Of Go 1.18 and later, whose table begins with one of two magic numbers.
 *
 * <pre>
 * header   u32 magic, 2 zero bytes, u8 instruction quantum, u8 pointer size, then of 8 bytes each:
 *          functions, files, address of the text, offsets from the header of: function names,
 *          compilation units, files, program counters, functions
 * function u32 offset in the text, u32 offset of its details from the functions; after the last
 *          one the offset of the text's end
 * details  u32 offset in the text, u32 offset of its name, ...
 * </pre>
 */
public final class GoFunctions {
  private static final int MAGIC_1_18 = 0xfffffff0;
  private static final int MAGIC_1_20 = 0xfffffff1;
  private static final int ALIGNMENT = 32;

  /** Where linkers of other languages put the table in a position-independent program. */
  private static final String MERGED = ".data.rel.ro";

  private static final String GO_MARK = ".go.buildinfo";
  private static final int FUNCTIONS = 8;
  private static final int TEXT = 24;
  private static final int NAMES = 32;
  private static final int TABLE = 64;
  private static final int HEADER = 72;
  private static final int ENTRY = 8;
  private static final int NAME_IN_DETAILS = 4;
  private static final int SHT_RELA = 4;
  private static final int RELA = 24;

  /** A symbol's section when it has none to lie in (SHN_ABS). */
  private static final short NO_SECTION = (short) 0xfff1;

  private static final ValueLayout.OfInt INT =
      ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfShort SHORT =
      ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfLong LONG =
      ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  private GoFunctions() {}

  /**
   * The functions as a symbol table.
   *
   * @return empty when the object has none, or in a form that is not known
   */
  public static Optional<SymbolTable> of(ElfFile elf) throws IOException {
    for (String name : List.of(".gopclntab", MERGED)) {
      Optional<Section> section = elf.section(name).filter(Section::hasPlainContents);
      if (section.isPresent() && (!name.equals(MERGED) || elf.section(GO_MARK).isPresent())) {
        MemorySegment bytes = elf.contents(section.get());
        for (long at = 0; at + HEADER <= bytes.byteSize(); at += ALIGNMENT) {
          if (isHeader(bytes, at)) {
            return read(elf, bytes.asSlice(at), section.get().address() + at);
          }
        }
      }
    }
    return Optional.empty();
  }

  private static boolean isHeader(MemorySegment bytes, long at) {
    int magic = bytes.get(INT, at);
    return (magic == MAGIC_1_18 || magic == MAGIC_1_20)
        && bytes.get(SHORT, at + 4) == 0
        && bytes.get(ValueLayout.JAVA_BYTE, at + 7) == Long.BYTES;
  }

  private static Optional<SymbolTable> read(ElfFile elf, MemorySegment bytes, long address)
      throws IOException {
    long count = bytes.get(LONG, FUNCTIONS);
    long names = bytes.get(LONG, NAMES);
    long table = bytes.get(LONG, TABLE);
    long size = bytes.byteSize();
    boolean fits =
        table >= HEADER
            && table <= size - Integer.BYTES
            && count > 0
            && count <= (size - table - Integer.BYTES) / ENTRY
            && names >= HEADER
            && names <= size;
    if (!fits) {
      return Optional.empty();
    }
    long text = bytes.get(LONG, TEXT);
    if (text == 0) {
      text = relocated(elf, address + TEXT);
    }
    if (text == 0) {
      return Optional.empty();
    }
    // Offset 0 stands for no name: names begin one byte later than their table.
    return Optional.of(
        new SymbolTable(
            entries(bytes, table, (int) count, text), bytes.asSlice(names - 1, size - names + 1)));
  }

  private static MemorySegment entries(MemorySegment bytes, long table, int count, long text) {
    byte[] entries = new byte[Math.multiplyExact(count + 1, SymbolTable.ENTRY_SIZE)];
    MemorySegment out = MemorySegment.ofArray(entries);
    for (int i = 0; i < count; i++) {
      long at = table + (long) i * ENTRY;
      long start = bytes.get(INT, at) & 0xffffffffL;
      long end = bytes.get(INT, at + ENTRY) & 0xffffffffL;
      long details = table + (bytes.get(INT, at + Integer.BYTES) & 0xffffffffL);
      if (end <= start || details + NAME_IN_DETAILS > bytes.byteSize() - Integer.BYTES) {
        continue;
      }
      // Entry 0 of a symbol table is no symbol.
      long symbol = (i + 1L) * SymbolTable.ENTRY_SIZE;
      out.set(INT, symbol, bytes.get(INT, details + NAME_IN_DETAILS) + 1);
      out.set(ValueLayout.JAVA_BYTE, symbol + 4, (byte) SymbolTable.STT_FUNC);
      out.set(SHORT, symbol + 6, NO_SECTION);
      out.set(LONG, symbol + 8, text + start);
      out.set(LONG, symbol + 16, end - start);
    }
    return out;
  }

  /** What the dynamic linker puts into this word of a position-independent object; 0 if nothing. */
  private static long relocated(ElfFile elf, long address) throws IOException {
    for (Section section : elf.sections()) {
      if (section.type() == SHT_RELA && section.hasPlainContents()) {
        MemorySegment entries = elf.contents(section);
        for (long at = 0; at + RELA <= entries.byteSize(); at += RELA) {
          if (entries.get(LONG, at) == address) {
            return entries.get(LONG, at + 16);
          }
        }
      }
    }
    return 0;
  }
}
