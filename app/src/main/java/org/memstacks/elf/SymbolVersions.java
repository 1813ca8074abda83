package org.memstacks.elf;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The versions that an object gives to the symbols it exports (.gnu.version and .gnu.version_d,
 * "Symbol Versioning" of the Linux Standard Base). A table that makes no sense is as good as none.
 */
public final class SymbolVersions {
  private static final int DEFINITION_SIZE = 20;
  private static final int NAME_SIZE = 8;
  private static final int MAX_DEFINITIONS = 4096;
  /* Below are the indexes of local symbols, and of those that have no version. */
  private static final int FIRST_VERSION = 2;
  private static final int HIDDEN = 0x8000;

  private static final ValueLayout.OfShort SHORT =
      ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfInt INT =
      ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  private final MemorySegment bySymbol;
  private final Map<Integer, String> names;

  private SymbolVersions(MemorySegment bySymbol, Map<Integer, String> names) {
    this.bySymbol = bySymbol;
    this.names = names;
  }

  /** Those of the symbols in {@link ElfFile#dynsym}. */
  public static SymbolVersions of(ElfFile elf) throws IOException {
    MemorySegment bySymbol = MemorySegment.NULL;
    Map<Integer, String> names = Map.of();
    List<Section> sections = elf.linkedSections();
    for (Section section : sections) {
      if (section.type() == Section.SHT_GNU_VERSYM && section.hasPlainContents()) {
        bySymbol = elf.contents(section);
      } else if (section.type() == Section.SHT_GNU_VERDEF
          && section.hasPlainContents()
          && section.link() > 0
          && section.link() < sections.size()) {
        names = names(elf.contents(section), elf.contents(sections.get(section.link())));
      }
    }
    return new SymbolVersions(bySymbol, names);
  }

  /**
   * The version of a symbol; empty when it has none: then it stands for any version.
   *
   * @param symbol its index
   */
  public Optional<String> of(int symbol) {
    long at = 2L * symbol;
    if (at + 2 > bySymbol.byteSize()) {
      return Optional.empty();
    }
    int version = bySymbol.get(SHORT, at) & 0xffff & ~HIDDEN;
    return version < FIRST_VERSION ? Optional.empty() : Optional.ofNullable(names.get(version));
  }

  /** Elf64_Verdef: version, flags, index, count, hash, offset of the name, offset of the next. */
  private static Map<Integer, String> names(MemorySegment definitions, MemorySegment strings) {
    Map<Integer, String> names = new HashMap<>();
    long at = 0;
    for (int i = 0; i < MAX_DEFINITIONS; i++) {
      if (at + DEFINITION_SIZE > definitions.byteSize()) {
        return names;
      }
      int index = definitions.get(SHORT, at + 4) & 0xffff;
      long name = at + (definitions.get(INT, at + 12) & 0xffffffffL);
      if (name + NAME_SIZE <= definitions.byteSize()) {
        names.put(index, string(strings, definitions.get(INT, name) & 0xffffffffL));
      }
      long next = definitions.get(INT, at + 16) & 0xffffffffL;
      if (next == 0) {
        return names;
      }
      at += next;
    }
    return names;
  }

  private static String string(MemorySegment strings, long offset) {
    int length = StringTable.length(strings, offset, SymbolTable.MAX_NAME);
    return length == 0
        ? ""
        : new String(
            strings.asSlice(offset, length).toArray(ValueLayout.JAVA_BYTE), StandardCharsets.UTF_8);
  }
}
