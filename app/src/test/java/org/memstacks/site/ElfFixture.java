package org.memstacks.site;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** As much of a trusted 64-bit little-endian shared object as these tests need. */
final class ElfFixture {
  record Section(
      String name, int type, long flags, long address, long offset, long size, int link) {
    boolean holdsCode() {
      return (flags & 4) != 0 && type == 1;
    }
  }

  record Symbol(String name, long address, long size) {}

  private final ByteBuffer file;
  private final List<Section> sections;

  private ElfFixture(ByteBuffer file) {
    this.file = file;
    int table = (int) file.getLong(0x28);
    int count = file.getShort(0x3c);
    Section[] found = new Section[count];
    long names = file.getLong(table + 64 * file.getShort(0x3e) + 0x18);
    for (int i = 0; i < count; i++) {
      int at = table + 64 * i;
      found[i] =
          new Section(
              string(names + file.getInt(at)),
              file.getInt(at + 4),
              file.getLong(at + 8),
              file.getLong(at + 16),
              file.getLong(at + 24),
              file.getLong(at + 32),
              file.getInt(at + 40));
    }
    sections = List.of(found);
  }

  static ElfFixture read(Path path) {
    try {
      return new ElfFixture(
          ByteBuffer.wrap(Files.readAllBytes(path)).order(ByteOrder.LITTLE_ENDIAN));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  List<Section> code() {
    return sections.stream().filter(Section::holdsCode).toList();
  }

  /** Functions of the dynamic symbol table, by name; of several versions the first. */
  Map<String, Symbol> functions() {
    Map<String, Symbol> functions = new TreeMap<>();
    Section table = sections.stream().filter(s -> s.type() == 11).findFirst().orElseThrow();
    for (long at = table.offset(); at < table.offset() + table.size(); at += 24) {
      int type = file.get((int) at + 4) & 15;
      long address = file.getLong((int) at + 8);
      if (type == 2 && address != 0) {
        String name = symbolName(table, at);
        functions.putIfAbsent(name, new Symbol(name, address, file.getLong((int) at + 16)));
      }
    }
    return functions;
  }

  /** The slots of the global offset table that the dynamic linker fills by symbol. */
  Map<Long, String> slots() {
    Map<Long, String> slots = new HashMap<>();
    sections.stream()
        .filter(s -> s.type() == 4)
        .forEach(relocations -> slotsOf(relocations, slots));
    return slots;
  }

  private void slotsOf(Section relocations, Map<Long, String> slots) {
    Section table = sections.get(relocations.link());
    for (long at = relocations.offset(); at < relocations.offset() + relocations.size(); at += 24) {
      long info = file.getLong((int) at + 8);
      boolean fillsSlot = (int) info == 6 || (int) info == 7;
      if (fillsSlot && info >>> 32 != 0) {
        slots.put(file.getLong((int) at), symbolName(table, table.offset() + 24 * (info >>> 32)));
      }
    }
  }

  private String symbolName(Section table, long at) {
    return string(sections.get(table.link()).offset() + file.getInt((int) at));
  }

  private String string(long at) {
    int end = (int) at;
    while (file.get(end) != 0) {
      end++;
    }
    return new String(file.array(), (int) at, end - (int) at, StandardCharsets.UTF_8);
  }

  byte[] bytes(long address, long length) {
    for (Section s : code()) {
      long skipped = address - s.address();
      if (skipped >= 0 && skipped < s.size()) {
        int from = (int) (s.offset() + skipped);
        return Arrays.copyOfRange(
            file.array(), from, from + (int) Math.min(length, s.size() - skipped));
      }
    }
    return new byte[0];
  }

  FunctionCode function(Symbol symbol) {
    return new FunctionCode(
        symbol.name(), symbol.address(), bytes(symbol.address(), Math.max(symbol.size(), 1)));
  }
}
