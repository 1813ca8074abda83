package org.memstacks.elf;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

/** Names that strip leaves in a Go program. */
public class GoFunctionsTest {
  private static final int MAGIC_1_20 = 0xfffffff1;

  @Test
  void functionsHaveNamesAndEnds() throws IOException {
    try (ElfFile elf = object(".gopclntab", table(MAGIC_1_20, 0x1000))) {
      SymbolTable functions = GoFunctions.of(elf).orElseThrow();
      assertThat(functions.find("main.main")).isEqualTo(1);
      assertThat(functions.symbol(1))
          .isEqualTo(new Symbol("main.main", 0x1000, 0x40, SymbolTable.STT_FUNC, 0));
      assertThat(functions.symbol(2))
          .isEqualTo(new Symbol("main.(*T).work", 0x1040, 0xc0, SymbolTable.STT_FUNC, 0));
      assertThat(functions.count()).isEqualTo(3);
    }
  }

  @Test
  void aLinkerOfAnotherLanguageMergesTheTableIntoOtherData() throws IOException {
    byte[] table = table(MAGIC_1_20, 0x1000);
    byte[] merged = new byte[64 + table.length];
    System.arraycopy(table, 0, merged, 64, table.length);
    try (ElfFile elf = object(".data.rel.ro", merged)) {
      assertThat(GoFunctions.of(elf)).isEmpty();
    }
    ElfBuilder go =
        new ElfBuilder()
            .section(".data.rel.ro", 1, 0x3000, merged)
            .section(".go.buildinfo", 1, 0x4000, new byte[8]);
    try (ElfFile elf = go.build()) {
      assertThat(GoFunctions.of(elf).orElseThrow().find("main.main")).isEqualTo(1);
    }
  }

  @Test
  void thePositionIndependentTextIsFoundByItsRelocation() throws IOException {
    ByteBuffer relocation = ByteBuffer.allocate(24).order(ByteOrder.LITTLE_ENDIAN);
    relocation.putLong(0x3000 + 24).putLong(8).putLong(0x1800);
    ElfBuilder go =
        new ElfBuilder()
            .section(".gopclntab", 1, 0x3000, table(MAGIC_1_20, 0))
            .section(".rela.dyn", 4, 0x4000, relocation.array());
    try (ElfFile elf = go.build()) {
      assertThat(GoFunctions.of(elf).orElseThrow().address(1)).isEqualTo(0x1800);
    }
  }

  @Test
  void otherFormsAreLeftAlone() throws IOException {
    try (ElfFile elf = object(".gopclntab", table(0xfffffffb, 0x1000))) {
      assertThat(GoFunctions.of(elf)).isEmpty();
    }
    try (ElfFile elf = object(".text2", table(MAGIC_1_20, 0x1000))) {
      assertThat(GoFunctions.of(elf)).isEmpty();
    }
  }

  /** Two functions, main.main and a method, as Go writes them. */
  public static byte[] table(int magic, long text) {
    byte[] names = "main.main\0main.(*T).work\0".getBytes(StandardCharsets.US_ASCII);
    ByteBuffer out = ByteBuffer.allocate(256).order(ByteOrder.LITTLE_ENDIAN);
    int namesAt = 72;
    int tableAt = 128;
    out.putInt(magic).put(new byte[] {0, 0, 1, 8}).putLong(2).putLong(0).putLong(text);
    out.putLong(namesAt).putLong(0).putLong(0).putLong(0).putLong(tableAt).put(names);
    out.position(tableAt);
    out.putInt(0).putInt(20).putInt(0x40).putInt(28).putInt(0x100);
    out.putInt(0).putInt(0).putInt(0x40).putInt(10);
    return out.array();
  }

  private static ElfFile object(String section, byte[] bytes) {
    return new ElfBuilder().section(section, 1, 0x3000, bytes).build();
  }
}
