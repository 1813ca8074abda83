package org.memstacks.symbol;

import static org.assertj.core.api.Assertions.assertThat;
import static org.memstacks.elf.SymbolTable.STB_GLOBAL;
import static org.memstacks.elf.SymbolTable.STB_LOCAL;
import static org.memstacks.elf.SymbolTable.STB_WEAK;
import static org.memstacks.elf.SymbolTable.STT_NOTYPE;
import static org.memstacks.elf.SymbolTable.STT_OBJECT;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.memstacks.elf.ElfBuilder;

class FunctionTableTest {
  private final ElfBuilder elf = new ElfBuilder();

  @Test
  void anAddressBelongsToTheFunctionWhoseExtentCoversIt() {
    elf.function("b", 0x1020, 0x10, STB_GLOBAL).function("a", 0x1000, 0x10, STB_LOCAL);
    assertThat(name(0xfff)).isNull();
    assertThat(name(0x1000)).isEqualTo("a");
    assertThat(name(0x100f)).isEqualTo("a");
    assertThat(name(0x1010)).as("past its end: no name, not the nearest").isNull();
    assertThat(name(0x1020)).isEqualTo("b");
    assertThat(name(0x1030)).isNull();
  }

  @Test
  void aFunctionInsideAnotherHidesItAsFarAsItGoes() {
    elf.function("outer", 0x1000, 0x100, STB_GLOBAL).function("inner", 0x1040, 0x10, STB_LOCAL);
    assertThat(name(0x103f)).isEqualTo("outer");
    assertThat(name(0x1040)).isEqualTo("inner");
    assertThat(name(0x1050)).isEqualTo("outer");
  }

  @Test
  void aliasesAreChosenBetweenAlwaysAlike() {
    elf.function("local", 0x1000, 8, STB_LOCAL)
        .function("weak", 0x1000, 8, STB_WEAK)
        .function("__global", 0x1000, 8, STB_GLOBAL)
        .function("_global", 0x1000, 8, STB_GLOBAL)
        .function("_another", 0x1000, 8, STB_GLOBAL);
    assertThat(name(0x1004)).isEqualTo("_another");
  }

  @Test
  void theLargerOfTwoAtOneAddressNamesAllOfIt() {
    elf.function("whole", 0x1000, 0x80, STB_LOCAL).function("head", 0x1000, 8, STB_GLOBAL);
    assertThat(name(0x1000)).isEqualTo("whole");
    assertThat(name(0x107f)).isEqualTo("whole");
  }

  @Test
  void withoutASizeItReachesToTheNextSymbolOfAnyKindOfCode() {
    elf.function("unsized", 0x1000, 0, STB_GLOBAL)
        .symbol("label", 0x1010, 0, STT_NOTYPE, STB_LOCAL)
        .function("last", 0x1f00, 0, STB_GLOBAL);
    assertThat(name(0x100f)).isEqualTo("unsized");
    assertThat(name(0x1010)).isNull();
    assertThat(name(0x1fff)).isEqualTo("last");
    assertThat(name(0x2000)).as("its section ends").isNull();
  }

  @Test
  void withoutASizeItNeverHidesOneThatHasASize() {
    elf.function("sized", 0x1000, 0x20, STB_LOCAL).function("mark", 0x1008, 0, STB_GLOBAL);
    assertThat(name(0x1008)).isEqualTo("sized");
    assertThat(name(0x1020)).as("the mark lies inside, it says nothing of what follows").isNull();
  }

  @Test
  void inATableOfExportsOneWithoutASizeIsKnownByItsFirstByteOnly() {
    elf.dynamic().function("exported", 0x1000, 0, STB_GLOBAL);
    assertThat(name(0x1000)).isEqualTo("exported");
    assertThat(name(0x1001)).isNull();
  }

  @Test
  void dataHasNoPlaceInIt() {
    elf.symbol("table", 0x1000, 0x10, STT_OBJECT, STB_GLOBAL);
    assertThat(name(0x1000)).isNull();
  }

  @Test
  void liesAboutExtentsAreCutOff() {
    elf.function("huge", 0x1000, -1L, STB_GLOBAL)
        .function("negative", -4096, 0x2000, STB_GLOBAL)
        .function("outside", 0x7fff_ffff_0000L, 16, STB_GLOBAL);
    assertThat(name(0x1fff)).isEqualTo("huge");
    assertThat(name(0x2000)).isNull();
    assertThat(name(0x800)).isNull();
    assertThat(name(0x7fff_ffff_0000L)).isNull();
  }

  @Test
  void symbolVersionsAreLeftOut() {
    elf.function("memcpy@@GLIBC_2.14", 0x1000, 8, STB_GLOBAL);
    assertThat(name(0x1000)).isEqualTo("memcpy");
  }

  @Test
  void tablesBeyondTheBudgetAreNotReadAndThatIsSaid() throws IOException {
    elf.function("a", 0x1000, 0x10, STB_GLOBAL);
    try (ObjectSymbols symbols =
        new ObjectSymbols(elf.build(), DebugFiles.none(), "", new Budget(10))) {
      assertThat(symbols.functions().size()).isZero();
      assertThat(symbols.problems()).contains("built: its symbol tables are too large to be read");
    }
  }

  private String name(long address) {
    FunctionTable table =
        new ObjectSymbols(elf.build(), DebugFiles.none(), "", new Budget(1 << 30)).functions();
    int function = table.find(address);
    return function < 0 ? null : new String(table.name(function), StandardCharsets.UTF_8);
  }
}
