package org.memstacks.elf;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;

class ElfFileTest {
  /** The libc this very process runs on. */
  private static Path libc() throws IOException {
    try (var lines = Files.lines(Path.of("/proc/self/maps"))) {
      return lines
          .filter(l -> l.matches(".*/libc[.-].*so.*"))
          .map(l -> Path.of(l.substring(l.indexOf('/'))))
          .findFirst()
          .orElseThrow();
    }
  }

  @Test
  void findsAnAllocationFunctionAndWhereItLiesInTheFile() throws IOException {
    try (ElfFile elf = ElfFile.open(libc())) {
      Symbol malloc = elf.symbol("malloc").orElseThrow();
      assertThat(malloc.type()).isEqualTo(SymbolTable.STT_FUNC);
      assertThat(malloc.size()).isPositive();
      OptionalLong offset = elf.fileOffset(malloc.address());
      assertThat(offset).isPresent();
      assertThat(elf.address(offset.getAsLong())).hasValue(malloc.address());
      assertThat(elf.bytesAt(malloc.address(), 16).byteSize()).isEqualTo(16);
    }
  }

  @Test
  void marksIndirectFunctions() throws IOException {
    try (ElfFile elf = ElfFile.open(libc())) {
      assertThat(elf.symbol("strlen").orElseThrow().isIndirect()).isTrue();
      assertThat(elf.symbol("no_such_function")).isEmpty();
    }
  }

  @Test
  void readsTheBuildId() throws IOException {
    try (ElfFile elf = ElfFile.open(libc())) {
      assertThat(elf.buildId()).hasValueSatisfying(id -> assertThat(id).matches("[0-9a-f]{40}"));
    }
  }

  @Test
  void symbolNamesAreReadableByIndex() throws IOException {
    try (ElfFile elf = ElfFile.open(libc())) {
      SymbolTable table = elf.dynsym().orElseThrow();
      int index = table.find("calloc");
      assertThat(table.name(index)).isEqualTo("calloc");
      assertThat(table.nameLength(index)).isEqualTo(6);
      assertThat(table.isFunction(index)).isTrue();
      assertThat(table.isFunction(0)).isFalse();
    }
  }

  @Test
  void loadBiasAllowsForMappingsThatBeginBeforeTheirSegment() throws IOException {
    try (ElfFile elf = ElfFile.open(libc())) {
      ProgramHeader code =
          elf.segments().stream().filter(s -> s.isLoad() && s.isExecutable()).findFirst().get();
      long page = code.offset() & -4096;
      long skipped = code.offset() - page;
      long start = 0x7f0000000000L + code.address() - skipped;
      assertThat(elf.loadBias(start, page)).hasValue(0x7f0000000000L);
      assertThat(elf.loadBias(start + 4096, page + 4096)).hasValue(0x7f0000000000L);
    }
  }

  @Test
  void refusesWhatIsNotElf() {
    assertThatThrownBy(() -> parse("#!/bin/sh\n".repeat(20).getBytes(StandardCharsets.US_ASCII)))
        .isInstanceOf(ElfException.class)
        .hasMessage("test: is not ELF");
    assertThatThrownBy(() -> parse(new byte[3])).hasMessageContaining("too short");
  }

  @Test
  void refusesHeadersOutsideTheFile() throws IOException {
    byte[] bytes = Files.readAllBytes(libc());
    assertThatThrownBy(() -> parse(Arrays.copyOf(bytes, bytes.length - 1000)))
        .isInstanceOf(ElfException.class)
        .hasMessageContaining("the section header table lies outside the file");
  }

  @Test
  void boundsItsMessages() {
    assertThat(new ElfException("x".repeat(5000))).message().hasSize(300).endsWith("...");
  }

  private static void parse(byte[] bytes) throws IOException {
    ElfFile.of(MemorySegment.ofArray(bytes), "test").close();
  }
}
