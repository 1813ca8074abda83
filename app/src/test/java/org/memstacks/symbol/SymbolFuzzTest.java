package org.memstacks.symbol;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.memstacks.elf.ElfBuilder;
import org.memstacks.elf.ElfFile;
import org.memstacks.elf.GoFunctions;
import org.memstacks.elf.GoFunctionsTest;
import org.memstacks.elf.Mutations;
import org.memstacks.elf.ProgramHeader;
import org.memstacks.elf.SymbolTable;

/** Damaged inputs give a value or an IOException, in bounded time and memory. */
class SymbolFuzzTest {
  private static final long SEED = 42;
  private final SplittableRandom random = new SplittableRandom(SEED);

  @Test
  @Timeout(3600)
  void objectsThatLie() {
    byte[] original = object();
    Mutations mutations = new Mutations(SEED);
    int opened = 0;
    int refused = 0;
    for (int i = 0; i < Mutations.iterations(30_000); i++) {
      byte[] bytes = mutations.of(original);
      try (ElfFile elf = ElfFile.of(MemorySegment.ofArray(bytes), "fuzz")) {
        readAll(elf);
        opened++;
      } catch (IOException e) {
        assertThat(e.getMessage()).hasSizeLessThan(400);
        refused++;
      } catch (RuntimeException | Error e) {
        throw new AssertionError("input " + i, e);
      }
    }
    assertThat(opened)
        .as("damage must not hide what lies behind the headers")
        .isGreaterThan(refused / 10);
    assertThat(refused).isPositive();
  }

  private void readAll(ElfFile elf) throws IOException {
    elf.buildId();
    elf.symbol("function7");
    elf.fileOffset(0x1000);
    elf.address(0x1000);
    elf.loadBias(0x7f0000000000L, 0x1000);
    Optional<SymbolTable> go = GoFunctions.of(elf);
    for (int i = 0; go.isPresent() && i < go.get().count(); i++) {
      assertThat(go.get().nameBytes(i).length).isLessThanOrEqualTo(SymbolTable.MAX_NAME);
    }
    for (ProgramHeader segment : elf.segments()) {
      elf.fileOffset(segment.address());
    }
    ObjectSymbols symbols = new ObjectSymbols(elf, DebugFiles.none(), "", new Budget(1 << 30));
    FunctionTable functions = symbols.functions();
    for (int i = 0; i < 20; i++) {
      long address = random.nextInt(0x3000);
      int function = functions.find(address);
      if (function >= 0) {
        assertThat(functions.start(function)).isLessThanOrEqualTo(address);
        assertThat(functions.name(function).length).isLessThanOrEqualTo(SymbolTable.MAX_NAME);
      }
    }
  }

  @Test
  @Timeout(3600)
  void perfMapsThatLie() throws IOException {
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < 60; i++) {
      text.append("%s%x %x method%d\n".formatted(i % 2 == 0 ? "0x" : "", 0x7f0000 + 40 * i, 64, i));
    }
    byte[] original = text.toString().getBytes(StandardCharsets.UTF_8);
    Mutations mutations = new Mutations(SEED);
    for (int i = 0; i < Mutations.iterations(30_000); i++) {
      PerfMap map = PerfMap.parse(mutations.of(original));
      for (int j = 0; j < 10; j++) {
        long address = 0x7f0000 + random.nextInt(40 * 60);
        int entry = map.find(address);
        if (entry >= 0) {
          assertThat(map.start(entry)).isLessThanOrEqualTo(address);
          assertThat(FoldedName.escape(map.name(entry))).doesNotContain(";", "\n").isNotBlank();
        }
      }
    }
  }

  @Test
  @Timeout(3600)
  void namesThatLie() {
    Demangler demangler = Demangler.create();
    List<String> names =
        List.of(
            "_ZNSt6vectorIiSaIiEE9push_backEOi",
            "_ZSt4moveIRSt6vectorISsSaISsEEEONSt16remove_referenceIT_E4typeEOS4_",
            "_ZN71_$LT$Test$u20$$u2b$$u20$foo..Bar$LT$Test$GT$$GT$3bar17h930b740aa94f1d3aE",
            "_RNvNtCs1234_7mycrate3foo3bar",
            "_RINvNtC3std3mem8align_ofNtNtC3std3mem12DiscriminantE",
            "_RNCINkXs25_NgCsbmNqQUJIY6D_4core5sliceINyB9_4IterhENuNgNoBb_4iter8iterator8Iterator"
                + "9rpositionNCNgNpB9_6memchr7memrchrs_0E0Bb_");
    Mutations mutations = new Mutations(SEED);
    for (int i = 0; i < Mutations.iterations(30_000); i++) {
      byte[] original = names.get(i % names.size()).getBytes(StandardCharsets.US_ASCII);
      String name = demangler.demangle(mutations.of(original));
      assertThat(name.length()).isLessThan(1 << 17);
      assertThat(FoldedName.escape(name)).doesNotContain(";", "\n");
    }
  }

  private static byte[] object() {
    ElfBuilder elf = new ElfBuilder();
    for (int i = 0; i < 40; i++) {
      elf.function("function" + i, 0x1000 + 16 * i, i % 4 == 0 ? 0 : 16, i % 3);
    }
    byte[] note = new byte[36];
    byte[] head = {4, 0, 0, 0, 20, 0, 0, 0, 3, 0, 0, 0, 'G', 'N', 'U', 0};
    System.arraycopy(head, 0, note, 0, head.length);
    return elf.section(".note.gnu.build-id", 7, 0, note)
        .section(".gopclntab", 1, 0x4000, GoFunctionsTest.table(0xfffffff0, 0x1000))
        .bytes();
  }
}
