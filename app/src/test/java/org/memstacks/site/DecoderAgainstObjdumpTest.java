package org.memstacks.site;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The decoder agrees with binutils on where each instruction of whole real libraries ends. */
@Tag("tools")
class DecoderAgainstObjdumpTest {
  /** A line of objdump's: the address and the bytes of one instruction. */
  private record Line(long address, byte[] bytes, String text) {
    long end() {
      return address + bytes.length;
    }

    boolean bad() {
      return text.contains("(bad)") || text.startsWith(".byte") || prefixAlone();
    }

    /** objdump prints prefixes that belong to no instruction by themselves. */
    private boolean prefixAlone() {
      return text.matches(
              "(rex(\\.[WRXB]+)?|data16|addr32|repz|repnz|lock|[c-g]s|notrack|bnd)( .*)?")
          && text.split("\\s+").length == 1;
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "/lib/x86_64-linux-gnu/libc.so.6",
        "/lib/x86_64-linux-gnu/libm.so.6",
        "/usr/lib/x86_64-linux-gnu/libstdc++.so.6",
        "/usr/lib/x86_64-linux-gnu/libjemalloc.so.2",
        "/usr/lib/x86_64-linux-gnu/libtcmalloc.so.4",
        "/usr/lib/x86_64-linux-gnu/libmimalloc.so.2.0",
        "/lib/ld-musl-x86_64.so.1"
      })
  void findsTheSameInstructionBoundaries(String library) throws IOException {
    assumeTrue(Files.isExecutable(Path.of("/usr/bin/objdump")), "binutils is not installed");
    assumeTrue(Files.exists(Path.of(library)), library + " is not installed");

    int known = 0;
    int unknown = 0;
    List<String> different = new ArrayList<>();
    for (Line line : disassemble(library)) {
      if (line.bad()) {
        continue;
      }
      Instruction i = decode(line);
      if (!i.known()) {
        unknown++;
      } else if (i.next() != line.end()) {
        different.add("%x %s: %d".formatted(line.address(), line.text(), i.length()));
      } else {
        known++;
      }
    }

    assertThat(different).isEmpty();
    assertThat(known).isGreaterThan(10_000);
    assertThat(unknown).isLessThan(known / 1000);
  }

  /** objdump takes an fwait together with the x87 instruction behind it. */
  private static Instruction decode(Line line) {
    int skip = line.bytes().length > 1 && line.bytes()[0] == (byte) 0x9b ? 1 : 0;
    return InstructionSet.X86_64.decode(line.bytes(), skip, line.address() + skip);
  }

  private static List<Line> disassemble(String library) throws IOException {
    Process objdump =
        new ProcessBuilder("objdump", "-d", "--insn-width=16", library)
            .redirectError(ProcessBuilder.Redirect.DISCARD)
            .start();
    List<Line> lines = new ArrayList<>();
    try (BufferedReader reader = objdump.inputReader()) {
      for (String text = reader.readLine(); text != null; text = reader.readLine()) {
        String[] fields = text.split("\t");
        if (fields.length == 3 && fields[0].endsWith(":")) {
          lines.add(
              new Line(
                  Long.parseUnsignedLong(fields[0].strip().replace(":", ""), 16),
                  bytes(fields[1].strip()),
                  fields[2].strip()));
        }
      }
    }
    return lines;
  }

  private static byte[] bytes(String hex) {
    String[] fields = hex.split(" ");
    byte[] bytes = new byte[fields.length];
    for (int i = 0; i < bytes.length; i++) {
      bytes[i] = (byte) Integer.parseInt(fields[i], 16);
    }
    return bytes;
  }
}
