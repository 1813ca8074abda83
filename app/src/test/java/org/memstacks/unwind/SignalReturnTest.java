package org.memstacks.unwind;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.memstacks.elf.ElfFile;

class SignalReturnTest {
  private static final Path MUSL = Path.of("/usr/lib/x86_64-linux-musl/libc.so");
  private static final byte[] CODE = {0x48, (byte) 0xc7, (byte) 0xc0, 0x0f, 0, 0, 0, 0x0f, 0x05};

  @Test
  void whatMuslsHandlersReturnToHasTheKernelsFrame() throws IOException {
    assumeTrue(Files.exists(MUSL), MUSL + " is not installed");
    String bytes = new String(Files.readAllBytes(MUSL), StandardCharsets.ISO_8859_1);
    int at = bytes.indexOf(new String(CODE, StandardCharsets.ISO_8859_1));
    assertThat(at).isPositive();
    try (ElfFile elf = ElfFile.open(MUSL)) {
      UnwindTable table = UnwindTable.build(elf, Runnable::run).orElseThrow();
      long address = elf.address(at).orElseThrow();

      assertThat(table.ruleAt(address - 1)).isEqualTo(UnwindRow.SIGNAL);
      assertThat(table.ruleAt(address)).isEqualTo(UnwindRow.SIGNAL);
      assertThat(table.ruleAt(address + CODE.length)).isEqualTo(UnwindRow.GAP);
      // Its other functions keep no frame pointers, however many they are.
      assertThat(table.bytesByType()[UnwindRow.FRAME_POINTER]).isZero();
    }
  }
}
