package org.memstacks.elf;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** Writes small ELF objects for tests: one executable segment that holds every section. */
public final class ElfBuilder {
  private record Part(String name, int type, long flags, long address, byte[] bytes, int link) {}

  private record Entry(String name, long address, long size, int info, int section) {}

  /** Every object spans this many bytes of executable addresses, from 0. */
  public static final long SPAN = 1 << 20;

  private final List<Part> parts = new ArrayList<>();
  private final List<Entry> entries = new ArrayList<>();
  private int symbolType = Section.SHT_SYMTAB;

  public ElfBuilder() {
    parts.add(new Part("", 0, 0, 0, new byte[0], 0));
    parts.add(new Part(".text", 1, 6, 0x1000, new byte[0x1000], 0));
  }

  /** Adds a section; its index is the number of those before it plus one. */
  public ElfBuilder section(String name, int type, long address, byte[] bytes) {
    parts.add(new Part(name, type, 2, address, bytes, 0));
    return this;
  }

  /** The symbols go to .dynsym instead of .symtab. */
  public ElfBuilder dynamic() {
    symbolType = Section.SHT_DYNSYM;
    return this;
  }

  public ElfBuilder function(String name, long address, long size, int binding) {
    return symbol(name, address, size, SymbolTable.STT_FUNC, binding);
  }

  /** A symbol in .text. */
  public ElfBuilder symbol(String name, long address, long size, int type, int binding) {
    entries.add(new Entry(name, address, size, binding << 4 | type, 1));
    return this;
  }

  public ElfFile build() {
    try {
      return ElfFile.of(MemorySegment.ofArray(bytes()), "built");
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  public byte[] bytes() {
    List<Part> all = new ArrayList<>(parts);
    if (!entries.isEmpty()) {
      addSymbols(all);
    }
    addNames(all);
    ByteBuffer out = ByteBuffer.allocate(1 << 20).order(ByteOrder.LITTLE_ENDIAN);
    out.position(64 + 56);
    int[] offsets = new int[all.size()];
    for (int i = 0; i < all.size(); i++) {
      // Sections with an address lie at that offset, so that file and memory agree.
      Part part = all.get(i);
      if (part.address() > out.position()) {
        out.position((int) part.address());
      }
      out.position((out.position() + 7) & ~7);
      offsets[i] = out.position();
      out.put(part.bytes());
    }
    out.position((out.position() + 7) & ~7);
    int table = out.position();
    writeHeaders(out, all, offsets);
    int size = out.position();
    writeElfHeader(out, table, all.size());
    byte[] result = new byte[size];
    out.get(0, result);
    return result;
  }

  private void addSymbols(List<Part> all) {
    StringBuilder strings = new StringBuilder("\0");
    ByteBuffer table =
        ByteBuffer.allocate(24 * (entries.size() + 1)).order(ByteOrder.LITTLE_ENDIAN);
    table.position(24);
    for (Entry e : entries) {
      table
          .putInt(strings.length())
          .put((byte) e.info())
          .put((byte) 0)
          .putShort((short) e.section());
      table.putLong(e.address()).putLong(e.size());
      strings.append(e.name()).append('\0');
    }
    boolean full = symbolType == Section.SHT_SYMTAB;
    all.add(
        new Part(full ? ".symtab" : ".dynsym", symbolType, 0, 0, table.array(), all.size() + 1));
    all.add(new Part(".strtab", 3, 0, 0, latin1(strings), 0));
  }

  private static void addNames(List<Part> all) {
    all.add(new Part(".shstrtab", 3, 0, 0, new byte[0], 0));
    StringBuilder names = new StringBuilder("\0");
    all.forEach(p -> names.append(p.name()).append('\0'));
    all.set(all.size() - 1, new Part(".shstrtab", 3, 0, 0, latin1(names), 0));
  }

  private static void writeHeaders(ByteBuffer out, List<Part> all, int[] offsets) {
    int name = 1;
    for (int i = 0; i < all.size(); i++) {
      Part p = all.get(i);
      boolean symbols = p.type() == Section.SHT_SYMTAB || p.type() == Section.SHT_DYNSYM;
      out.putInt(name).putInt(p.type()).putLong(p.flags()).putLong(p.address());
      out.putLong(offsets[i]).putLong(p.bytes().length).putInt(p.link()).putInt(0);
      out.putLong(1).putLong(symbols ? 24 : 0);
      name += p.name().length() + 1;
    }
  }

  private static void writeElfHeader(ByteBuffer out, int table, int count) {
    out.position(0);
    out.putInt(0x464c457f).put((byte) 2).put((byte) 1).put((byte) 1);
    out.position(16);
    out.putShort((short) 3).putShort((short) ElfFile.EM_X86_64).putInt(1);
    out.putLong(0).putLong(64).putLong(table).putInt(0).putShort((short) 64);
    out.putShort((short) 56).putShort((short) 1).putShort((short) 64);
    out.putShort((short) count).putShort((short) (count - 1));
    out.putInt(ProgramHeader.PT_LOAD).putInt(5).putLong(0).putLong(0).putLong(0);
    out.putLong(table).putLong(SPAN).putLong(4096);
  }

  private static byte[] latin1(CharSequence text) {
    return text.toString().getBytes(StandardCharsets.ISO_8859_1);
  }
}
