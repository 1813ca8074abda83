package org.memstacks.elf;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Objects without section headers say what they would say with them. */
class DynamicSectionsTest {
  /** Libraries and the executable that this very process runs on. */
  private static List<Path> objects() throws IOException {
    try (var lines = Files.lines(Path.of("/proc/self/maps"))) {
      return lines
          .filter(l -> l.matches(".* r-xp .*(/libc[.-].*so.*|/libz[.-].*so.*|/libjli.so|/java)"))
          .map(l -> Path.of(l.substring(l.indexOf('/'))))
          .distinct()
          .toList();
    }
  }

  @Test
  void symbolsVersionsAndSlotsAreThoseThatSectionsTell() throws IOException {
    assertThat(objects()).hasSizeGreaterThan(1);
    for (Path path : objects()) {
      byte[] bytes = Files.readAllBytes(path);
      try (ElfFile whole = ElfFile.of(MemorySegment.ofArray(bytes), "whole");
          ElfFile cut =
              ElfFile.of(MemorySegment.ofArray(SectionHeaders.removed(bytes)), path.toString())) {
        assertThat(cut.sections()).isEmpty();
        assertThat(symbols(cut)).as(cut.name()).isEqualTo(symbols(whole)).isNotEmpty();
        assertThat(GotSlots.of(cut)).isEqualTo(GotSlots.of(whole)).isNotEmpty();
      }
    }
  }

  private static List<String> symbols(ElfFile elf) throws IOException {
    SymbolTable table = elf.dynsym().orElseThrow();
    SymbolVersions versions = SymbolVersions.of(elf);
    List<String> result = new ArrayList<>();
    for (int i = 0; i < table.count(); i++) {
      result.add(table.symbol(i) + " " + versions.of(i));
    }
    return result;
  }

  @Test
  @Timeout(3600)
  void tablesThatLieAreReadToTheirEnd() throws IOException {
    byte[] original = SectionHeaders.removed(Files.readAllBytes(objects().getLast()));
    List<Integer> dynamic = new ArrayList<>();
    try (ElfFile elf = ElfFile.of(MemorySegment.ofArray(original), "original")) {
      for (ProgramHeader segment : elf.segments()) {
        for (long i = 0; segment.type() == ProgramHeader.PT_DYNAMIC && i < segment.fileSize(); ) {
          dynamic.add((int) (segment.offset() + i));
          i += Long.BYTES;
        }
      }
      for (Section section : elf.linkedSections()) {
        dynamic.add((int) section.offset());
        dynamic.add((int) section.offset() + Long.BYTES);
      }
    }
    long[] extremes = {0, 1, -1, 24, 1L << 31, 1L << 32, 1L << 62, Long.MAX_VALUE, Long.MIN_VALUE};
    int read = 0;
    for (int at : dynamic) {
      for (long extreme : extremes) {
        byte[] bytes = original.clone();
        ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).putLong(at, extreme);
        try (ElfFile elf = ElfFile.of(MemorySegment.ofArray(bytes), "damaged")) {
          read += elf.dynsym().map(SymbolTable::count).orElse(0) > 0 ? 1 : 0;
          GotSlots.of(elf);
          SymbolVersions.of(elf).of(1);
          elf.symbol("malloc");
        } catch (IOException e) {
          assertThat(e.getMessage()).hasSizeLessThan(400);
        }
      }
    }
    assertThat(read).isPositive();
  }
}
