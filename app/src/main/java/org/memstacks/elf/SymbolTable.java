package org.memstacks.elf;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Objects;

/**
 * A .symtab or .dynsym, read by index: no object per symbol. Indexes run from 0 to {@link
 * #count()}-1; index 0 is the empty entry the gABI asks for. Symbol versions are ignored.
 */
public final class SymbolTable {
  public static final int STT_NOTYPE = 0;
  public static final int STT_OBJECT = 1;
  public static final int STT_FUNC = 2;
  public static final int STT_GNU_IFUNC = 10;
  public static final int STB_LOCAL = 0;
  public static final int STB_GLOBAL = 1;
  public static final int STB_WEAK = 2;
  public static final int SHN_UNDEF = 0;

  /** A longer name counts as absent: hostile tables may hold one of gigabytes. */
  public static final int MAX_NAME = 1 << 20;

  static final int ENTRY_SIZE = 24;

  private static final ValueLayout.OfInt INT =
      ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfLong LONG =
      ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfShort SHORT =
      ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  private final MemorySegment entries;
  private final MemorySegment strings;
  private final int count;

  SymbolTable(MemorySegment entries, MemorySegment strings) {
    this.entries = entries;
    this.strings = strings;
    this.count = (int) Math.min(entries.byteSize() / ENTRY_SIZE, Integer.MAX_VALUE);
  }

  public int count() {
    return count;
  }

  public long address(int index) {
    return entries.get(LONG, at(index) + 8);
  }

  public long size(int index) {
    return entries.get(LONG, at(index) + 16);
  }

  public int type(int index) {
    return entries.get(JAVA_BYTE, at(index) + 4) & 0xf;
  }

  public int binding(int index) {
    return (entries.get(JAVA_BYTE, at(index) + 4) & 0xff) >>> 4;
  }

  /** The index of the section it lies in, {@link #SHN_UNDEF} when another object defines it. */
  public int section(int index) {
    return entries.get(SHORT, at(index) + 6) & 0xffff;
  }

  /** Whether it is code of this object: a function or an indirect function, defined here. */
  public boolean isFunction(int index) {
    int type = type(index);
    return (type == STT_FUNC || type == STT_GNU_IFUNC) && section(index) != SHN_UNDEF;
  }

  /**
   * Where the name begins in {@link #strings()}; an offset outside it stands for an empty name, as
   * {@link #nameLength} then answers 0.
   */
  public long nameOffset(int index) {
    return entries.get(INT, at(index)) & 0xffffffffL;
  }

  /** Bytes of the name without its final NUL; 0 when it has none or it is not terminated. */
  public int nameLength(int index) {
    return StringTable.length(strings, nameOffset(index), MAX_NAME);
  }

  /** The string table the names lie in. */
  public MemorySegment strings() {
    return strings;
  }

  /** The bytes of the name, empty when it has none. */
  public byte[] nameBytes(int index) {
    int length = nameLength(index);
    return length == 0
        ? new byte[0]
        : strings.asSlice(nameOffset(index), length).toArray(JAVA_BYTE);
  }

  /** The name decoded as UTF-8, malformed bytes replaced. */
  public String name(int index) {
    return new String(nameBytes(index), StandardCharsets.UTF_8);
  }

  public Symbol symbol(int index) {
    return new Symbol(name(index), address(index), size(index), type(index), binding(index));
  }

  /**
   * The first defined symbol of this name, a global or weak one before a local one; -1 when there
   * is none. Linear in the table.
   */
  public int find(String name) {
    byte[] wanted = name.getBytes(StandardCharsets.UTF_8);
    int local = -1;
    for (int i = 1; i < count; i++) {
      if (section(i) != SHN_UNDEF && StringTable.matches(strings, nameOffset(i), wanted)) {
        if (binding(i) != STB_LOCAL) {
          return i;
        }
        local = local < 0 ? i : local;
      }
    }
    return local;
  }

  private long at(int index) {
    return (long) Objects.checkIndex(index, count) * ENTRY_SIZE;
  }
}
