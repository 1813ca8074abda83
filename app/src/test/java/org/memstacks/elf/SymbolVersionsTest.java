package org.memstacks.elf;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.Random;
import java.util.TreeSet;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Versions as {@code readelf --dyn-syms} prints them, and hostile tables. */
@Tag("tools")
class SymbolVersionsTest {
  private static final Path LIBC = Path.of("/lib/x86_64-linux-gnu/libc.so.6");

  @Test
  void areThoseThatReadelfPrints() throws IOException {
    Assumptions.assumeTrue(Files.exists(LIBC), LIBC + " is not there");
    TreeSet<String> expected = new TreeSet<>();
    Process readelf = new ProcessBuilder("readelf", "--dyn-syms", "-W", LIBC.toString()).start();
    for (String line : readelf.inputReader().lines().toList()) {
      String[] fields = line.strip().split(" +");
      if (fields.length == 8 && fields[3].equals("FUNC") && !fields[6].equals("UND")) {
        expected.add(fields[7].replace("@@", "@"));
      }
    }

    TreeSet<String> versions = new TreeSet<>();
    try (ElfFile elf = ElfFile.open(LIBC)) {
      SymbolTable table = elf.dynsym().orElseThrow();
      SymbolVersions found = SymbolVersions.of(elf);
      for (int i = 1; i < table.count(); i++) {
        if (table.type(i) == SymbolTable.STT_FUNC && table.section(i) != SymbolTable.SHN_UNDEF) {
          versions.add(table.name(i) + found.of(i).map(v -> "@" + v).orElse(""));
        }
      }
    }
    assertThat(versions).hasSizeGreaterThan(1000).isEqualTo(expected);
  }

  @Test
  void hostileTablesAreReadToTheirEnd() throws IOException {
    Assumptions.assumeTrue(Files.exists(LIBC), LIBC + " is not there");
    byte[] original = Files.readAllBytes(LIBC);
    Section definitions;
    try (ElfFile elf = ElfFile.open(LIBC)) {
      definitions =
          elf.sections().stream()
              .filter(section -> section.name().equals(".gnu.version_d"))
              .findFirst()
              .orElseThrow();
    }
    Random random = new Random(41);
    for (int run = 0; run < 300; run++) {
      byte[] mutated = original.clone();
      for (int i = 0; i < 20; i++) {
        mutated[(int) definitions.offset() + random.nextInt((int) definitions.size())] =
            (byte) random.nextInt();
      }
      try (Arena arena = Arena.ofConfined()) {
        MemorySegment bytes = arena.allocate(mutated.length, Long.BYTES);
        MemorySegment.copy(mutated, 0, bytes, ValueLayout.JAVA_BYTE, 0, mutated.length);
        SymbolVersions versions = SymbolVersions.of(ElfFile.of(bytes, "mutated"));
        for (int symbol = 0; symbol < 3000; symbol += 7) {
          assertThat(versions.of(symbol).map(String::length).orElse(0)).isLessThan(1 << 20);
        }
        assertThat(versions.of(Integer.MAX_VALUE)).isEqualTo(Optional.empty());
      }
    }
  }
}
