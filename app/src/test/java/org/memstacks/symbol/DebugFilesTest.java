package org.memstacks.symbol;

import static org.assertj.core.api.Assertions.assertThat;
import static org.memstacks.elf.SymbolTable.STB_LOCAL;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Optional;
import java.util.zip.CRC32;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.memstacks.elf.ElfBuilder;
import org.memstacks.elf.ElfFile;
import org.memstacks.elf.Section;
import org.memstacks.target.TargetFiles;
import org.tukaani.xz.LZMA2Options;
import org.tukaani.xz.XZOutputStream;

class DebugFilesTest {
  private static final byte[] FULL =
      new ElfBuilder().function("hidden", 0x1000, 16, STB_LOCAL).bytes();
  private static final byte[] NOTE = new byte[36];

  static {
    byte[] head = {4, 0, 0, 0, 20, 0, 0, 0, 3, 0, 0, 0, 'G', 'N', 'U', 0, (byte) 0xab, 0x12};
    System.arraycopy(head, 0, NOTE, 0, head.length);
  }

  @TempDir Path directory;

  @Test
  void namesLocalFunctionsOfAStrippedObjectByItsCompressedTable() throws IOException {
    ByteArrayOutputStream compressed = new ByteArrayOutputStream();
    try (XZOutputStream xz = new XZOutputStream(compressed, new LZMA2Options())) {
      xz.write(FULL);
    }
    ElfFile object =
        new ElfBuilder().section(".gnu_debugdata", 1, 0, compressed.toByteArray()).build();
    assertThat(name(object, DebugFiles.none())).isEqualTo("hidden");
  }

  @Test
  void aDamagedCompressedTableIsReported() throws IOException {
    ElfFile object = new ElfBuilder().section(".gnu_debugdata", 1, 0, new byte[100]).build();
    try (ObjectSymbols symbols =
        new ObjectSymbols(object, DebugFiles.none(), "", new Budget(1 << 30))) {
      assertThat(symbols.functions().size()).isZero();
      assertThat(symbols.problems()).singleElement().asString().contains(".gnu_debugdata");
    }
  }

  @Test
  void findsADebugFileByBuildId() throws IOException {
    Path file = directory.resolve(".build-id/ab/12" + "0".repeat(36) + ".debug");
    Files.createDirectories(file.getParent());
    Files.write(
        file,
        new ElfBuilder()
            .section(".note", Section.SHT_NOTE, 0, NOTE)
            .function("hidden", 0x1000, 16, STB_LOCAL)
            .bytes());
    ElfFile object = new ElfBuilder().section(".note", Section.SHT_NOTE, 0, NOTE).build();
    assertThat(name(object, new DebugFiles(directory, Optional.empty()))).isEqualTo("hidden");
  }

  @Test
  void aDebugFileOfAnotherBuildIsNotTaken() throws IOException {
    Path file = directory.resolve(".build-id/ab/12" + "0".repeat(36) + ".debug");
    Files.createDirectories(file.getParent());
    byte[] other = NOTE.clone();
    other[20] = 1;
    Files.write(
        file,
        new ElfBuilder()
            .section(".note", Section.SHT_NOTE, 0, other)
            .function("hidden", 0x1000, 16, STB_LOCAL)
            .bytes());
    ElfFile object = new ElfBuilder().section(".note", Section.SHT_NOTE, 0, NOTE).build();
    assertThat(name(object, new DebugFiles(directory, Optional.empty()))).isNull();
  }

  @Test
  void followsADebugLinkWhenTheChecksumAgrees() throws IOException {
    DebugFiles files =
        new DebugFiles(directory, Optional.of(new TargetFiles(ProcessHandle.current().pid())));
    Files.createDirectory(directory.resolve(".debug"));
    Files.write(directory.resolve(".debug/lib.debug"), FULL);
    CRC32 crc = new CRC32();
    crc.update(FULL);
    assertThat(name(linked((int) crc.getValue()), files)).isEqualTo("hidden");
    assertThat(name(linked((int) crc.getValue() + 1), files)).isNull();
  }

  private String name(ElfFile object, DebugFiles files) throws IOException {
    try (ObjectSymbols symbols =
        new ObjectSymbols(object, files, directory + "/lib.so", new Budget(1 << 30))) {
      FunctionTable functions = symbols.functions();
      int function = functions.find(0x1004);
      return function < 0 ? null : new String(functions.name(function), StandardCharsets.UTF_8);
    }
  }

  private static ElfFile linked(int crc) {
    byte[] name = "lib.debug\0".getBytes(StandardCharsets.US_ASCII);
    ByteBuffer link = ByteBuffer.wrap(Arrays.copyOf(name, 16)).order(ByteOrder.LITTLE_ENDIAN);
    return new ElfBuilder().section(".gnu_debuglink", 1, 0, link.putInt(12, crc).array()).build();
  }
}
