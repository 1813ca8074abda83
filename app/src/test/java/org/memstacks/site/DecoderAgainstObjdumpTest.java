package org.memstacks.site;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The decoder agrees with binutils on every instruction of whole real libraries: where it ends,
 * where it leads, and that it writes the register named as destination.
 */
@Tag("tools")
class DecoderAgainstObjdumpTest {
  /** A line of objdump's: the address and the bytes of one instruction. */
  private record Line(long address, byte[] bytes, String text) {
    private static final Pattern TARGET =
        Pattern.compile("(?:j\\w+|call|loop\\w*|bnd jmp) +([0-9a-f]+) <.*");
    private static final Pattern SLOT =
        Pattern.compile("(?:jmp|call) +\\*0x[0-9a-f]+\\(%rip\\) +# ([0-9a-f]+) .*");

    /** The general register its last operand names, if it writes that. */
    Optional<Integer> destination() {
      String mnemonic = text.split(" ")[0];
      if (text.matches("(i?mul|i?div)[bwlq]? +[^,]*")) {
        return Optional.of(X86InstructionSet.RAX);
      }
      int last = Math.max(text.lastIndexOf(','), text.lastIndexOf(' '));
      String operand = text.substring(last + 1);
      if (!operand.startsWith("%")
          || READS_ONLY.matcher(mnemonic).matches()
          || text.matches("xchg +%ax,%ax")) {
        return Optional.empty();
      }
      return register(operand.substring(1));
    }

    /** Where objdump says a branch, call or jump by way of a slot leads. */
    Optional<Long> target() {
      return Stream.of(TARGET.matcher(text), SLOT.matcher(text))
          .filter(Matcher::matches)
          .map(match -> Long.parseLong(match.group(1), 16))
          .findFirst();
    }

    @Override
    public String toString() {
      return "%x %s".formatted(address, text);
    }

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

  /** Mnemonics whose last operand is only read. */
  private static final Pattern READS_ONLY =
      Pattern.compile(
          "(cmp|test|push|bt|jmp|call|nop|ptwrite|wr[fg]sbase|ucomis|comis|prefetch|scas)[bwlqtsd]?");

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
  void readsTheSameInstructions(String library) throws IOException {
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
        continue;
      }
      known++;
      if (i.next() != line.end()) {
        different.add("%s: ends at %x".formatted(line, i.next()));
      }
      line.destination()
          .filter(register -> !i.writes(register))
          .ifPresent(register -> different.add("%s: write not seen".formatted(line)));
      line.target()
          .filter(target -> target != i.target())
          .ifPresent(target -> different.add("%s: leads to %x".formatted(line, i.target())));
    }

    assertThat(different).isEmpty();
    assertThat(known).isGreaterThan(10_000);
    assertThat(unknown).isLessThan(known / 1000);
  }

  /** The number of a general register under any of its names of 8 to 64 bits. */
  private static Optional<Integer> register(String name) {
    return IntStream.range(0, 16)
        .boxed()
        .filter(number -> names(number).contains(name))
        .findFirst();
  }

  private static Set<String> names(int number) {
    if (number >= 8) {
      String name = "r" + number;
      return Set.of(name, name + "d", name + "w", name + "b");
    }
    String pair = List.of("ax", "cx", "dx", "bx", "sp", "bp", "si", "di").get(number);
    return number < 4
        ? Set.of("r" + pair, "e" + pair, pair, pair.charAt(0) + "l", pair.charAt(0) + "h")
        : Set.of("r" + pair, "e" + pair, pair, pair + "l");
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
