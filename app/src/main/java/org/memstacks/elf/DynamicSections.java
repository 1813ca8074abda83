package org.memstacks.elf;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The tables that the dynamic linker goes by, found as it finds them: by PT_DYNAMIC (System V gABI,
 * "Dynamic Section"). For objects whose section headers were stripped; sections are made up for
 * what they would have described.
 */
final class DynamicSections {
  private static final int DT_PLTRELSZ = 2;
  private static final int DT_HASH = 4;
  private static final int DT_STRTAB = 5;
  private static final int DT_SYMTAB = 6;
  private static final int DT_RELA = 7;
  private static final int DT_RELASZ = 8;
  private static final int DT_STRSZ = 10;
  private static final int DT_SYMENT = 11;
  private static final int DT_JMPREL = 23;
  private static final long DT_GNU_HASH = 0x6ffffef5L;
  private static final long DT_VERSYM = 0x6ffffff0L;
  private static final long DT_VERDEF = 0x6ffffffcL;

  private static final int ENTRY_SIZE = 16;
  /* Real ones have some thirty. */
  private static final int MAX_ENTRIES = 4096;
  private static final int GNU_HASH_HEADER = 16;
  private static final int RELA_SIZE = 24;
  private static final int PIECE = 1 << 16;
  /* Their number is stated, their size is not. */
  private static final long MAX_DEFINITIONS_SIZE = 1 << 20;
  private static final int STRINGS = 1;

  private static final ValueLayout.OfInt INT =
      ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfLong LONG =
      ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  private final ElfImage image;
  private final List<ProgramHeader> segments;
  private final Map<Long, Long> entries = new HashMap<>();
  private final List<Section> sections = new ArrayList<>();

  private DynamicSections(ElfImage image, List<ProgramHeader> segments) {
    this.image = image;
    this.segments = segments;
  }

  /**
   * Symbols, their names and versions, and relocations; their links are indexes of the list.
   *
   * @return empty when there is nothing for a dynamic linker
   * @throws ElfException when a table leaves the file
   */
  static List<Section> of(ElfImage image, List<ProgramHeader> segments) throws IOException {
    Optional<ProgramHeader> dynamic =
        segments.stream().filter(s -> s.type() == ProgramHeader.PT_DYNAMIC).findFirst();
    if (dynamic.isEmpty()) {
      return List.of();
    }
    DynamicSections found = new DynamicSections(image, segments);
    found.readEntries(dynamic.get());
    found.addSections();
    return List.copyOf(found.sections);
  }

  private void readEntries(ProgramHeader dynamic) throws IOException {
    long size = Math.clamp(dynamic.memorySize(), 0, (long) MAX_ENTRIES * ENTRY_SIZE);
    MemorySegment table = bytes(dynamic.address(), Math.min(size, room(dynamic.address())));
    for (long at = 0; at + ENTRY_SIZE <= table.byteSize(); at += ENTRY_SIZE) {
      long tag = table.get(LONG, at);
      if (tag == 0) {
        return;
      }
      entries.put(tag, table.get(LONG, at + 8));
    }
  }

  private void addSections() throws IOException {
    long symbols = value(DT_SYMTAB);
    long strings = value(DT_STRTAB);
    long entrySize = entries.getOrDefault((long) DT_SYMENT, (long) SymbolTable.ENTRY_SIZE);
    if (symbols == 0 || strings == 0 || entrySize != SymbolTable.ENTRY_SIZE) {
      return;
    }
    add("", 0, 0, 0, 0);
    add(".dynstr", Section.SHT_STRTAB, strings, value(DT_STRSZ), 0);
    addIfStated(".rela.dyn", Section.SHT_RELA, value(DT_RELA), value(DT_RELASZ));
    addIfStated(".rela.plt", Section.SHT_RELA, value(DT_JMPREL), value(DT_PLTRELSZ));
    long count = Math.clamp(count(), 0, room(symbols) / SymbolTable.ENTRY_SIZE);
    add(
        ".dynsym",
        Section.SHT_DYNSYM,
        symbols,
        count * SymbolTable.ENTRY_SIZE,
        SymbolTable.ENTRY_SIZE);
    addIfStated(".gnu.version", Section.SHT_GNU_VERSYM, value(DT_VERSYM), count * Short.BYTES);
    addIfStated(".gnu.version_d", Section.SHT_GNU_VERDEF, value(DT_VERDEF), MAX_DEFINITIONS_SIZE);
  }

  private void addIfStated(String name, int type, long address, long size) throws IOException {
    if (address != 0 && size > 0) {
      add(name, type, address, Math.min(size, room(address)), 0);
    }
  }

  private void add(String name, int type, long address, long size, int entrySize)
      throws IOException {
    int index = sections.size();
    long offset = type == 0 ? 0 : offset(address);
    int link = index > STRINGS ? STRINGS : 0;
    sections.add(new Section(index, name, type, 0, address, offset, size, link, entrySize));
  }

  /** No table states it: the hash table has those defined here, relocations name the others. */
  private long count() throws IOException {
    long count = 0;
    if (value(DT_HASH) != 0) {
      count = bytes(value(DT_HASH), 8).get(INT, 4) & 0xffffffffL;
    } else if (value(DT_GNU_HASH) != 0) {
      count = countByGnuHash(value(DT_GNU_HASH));
    }
    for (Section section : sections) {
      if (section.type() == Section.SHT_RELA) {
        count = Math.max(count, countByRelocations(section));
      }
    }
    return count;
  }

  /** Where the chain of the last bucket ends. */
  private long countByGnuHash(long address) throws IOException {
    MemorySegment header = bytes(address, GNU_HASH_HEADER);
    long buckets = header.get(INT, 0) & 0xffffffffL;
    long first = header.get(INT, 4) & 0xffffffffL;
    long filters = header.get(INT, 8) & 0xffffffffL;
    long at = address + GNU_HASH_HEADER + Long.BYTES * filters;
    long last = 0;
    MemorySegment table = bytes(at, Integer.BYTES * buckets);
    for (long i = 0; i < table.byteSize(); i += Integer.BYTES) {
      last = Math.max(last, table.get(INT, i) & 0xffffffffL);
    }
    if (last < first) {
      return first;
    }
    long chain = at + Integer.BYTES * buckets + Integer.BYTES * (last - first);
    for (long room = room(chain); room >= Integer.BYTES; room = room(chain)) {
      MemorySegment piece = bytes(chain, Math.min(room, PIECE) & -Integer.BYTES);
      for (long i = 0; i < piece.byteSize(); i += Integer.BYTES) {
        last++;
        if ((piece.get(INT, i) & 1) != 0) {
          return last;
        }
      }
      chain += piece.byteSize();
    }
    return last;
  }

  private long countByRelocations(Section section) throws IOException {
    MemorySegment table = image.bytes(section.offset(), section.size(), section.name());
    long last = -1;
    for (long at = 0; at + RELA_SIZE <= table.byteSize(); at += RELA_SIZE) {
      last = Math.max(last, table.get(LONG, at + 8) >>> 32);
    }
    return last + 1;
  }

  private long value(long tag) {
    return entries.getOrDefault(tag, 0L);
  }

  private MemorySegment bytes(long address, long length) throws IOException {
    return image.bytes(offset(address), length, "a table of the dynamic linker's");
  }

  private long offset(long address) throws ElfException {
    ProgramHeader segment =
        segment(address)
            .orElseThrow(() ->
                new ElfException(
                    "%s: no segment holds the dynamic linker's table at %#x"
                        .formatted(image.name(), address)));
    return address - segment.address() + segment.offset();
  }

  /** Bytes from this address to the end of its segment in the file; 0 when there are none. */
  private long room(long address) {
    return segment(address)
        .map(segment -> segment.fileSize() - (address - segment.address()))
        .map(rest -> Math.clamp(rest, 0, image.size()))
        .orElse(0L);
  }

  private Optional<ProgramHeader> segment(long address) {
    return segments.stream()
        .filter(segment -> segment.isLoad() && segment.fileCovers(address))
        .findFirst();
  }
}
