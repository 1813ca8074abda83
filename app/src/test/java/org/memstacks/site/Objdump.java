package org.memstacks.site;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** What binutils says of a library's instructions. */
final class Objdump {
  private static final Pattern TARGET =
      Pattern.compile("(?:j\\w+|call|loop\\w*|bnd jmp) +([0-9a-f]+) <.*");
  private static final Pattern SLOT =
      Pattern.compile("(?:jmp|call) +\\*0x[0-9a-f]+\\(%rip\\) +# ([0-9a-f]+) .*");

  private Objdump() {}

  /** One instruction. */
  record Line(long address, byte[] bytes, String text) {
    long end() {
      return address + bytes.length;
    }

    /** Where a branch, a call or a jump by way of a slot leads. */
    Optional<Long> target() {
      return Stream.of(TARGET.matcher(text), SLOT.matcher(text))
          .filter(Matcher::matches)
          .map(match -> Long.parseLong(match.group(1), 16))
          .findFirst();
    }

    /** Whether these bytes are no instruction: bad ones, or prefixes that belong to none. */
    boolean isNone() {
      return text.contains("(bad)")
          || text.startsWith(".byte")
          || text.matches("rex(\\.[WRXB]+)?|data16|addr32|repz|repnz|lock|[c-g]s|notrack|bnd");
    }

    @Override
    public String toString() {
      return "%x %s".formatted(address, text);
    }
  }

  static List<Line> disassemble(String library) {
    assumeTrue(Files.isExecutable(Path.of("/usr/bin/objdump")), "binutils is not installed");
    assumeTrue(Files.exists(Path.of(library)), library + " is not installed");
    try {
      Process objdump =
          new ProcessBuilder("objdump", "-d", "--insn-width=16", library)
              .redirectError(ProcessBuilder.Redirect.DISCARD)
              .start();
      try (BufferedReader reader = objdump.inputReader()) {
        return reader.lines().flatMap(text -> line(text).stream()).toList();
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static Optional<Line> line(String text) {
    String[] fields = text.split("\t");
    if (fields.length != 3 || !fields[0].endsWith(":")) {
      return Optional.empty();
    }
    long address = Long.parseUnsignedLong(fields[0].strip().replace(":", ""), 16);
    byte[] bytes = HexFormat.of().parseHex(fields[1].replace(" ", ""));
    return Optional.of(new Line(address, bytes, fields[2].strip()));
  }

  /** The targets of all direct jumps and branches; calls are left out. */
  static Set<Long> branchTargets(String library) {
    return disassemble(library).stream()
        .filter(line -> !line.text().startsWith("call"))
        .flatMap(line -> line.target().stream())
        .collect(Collectors.toSet());
  }
}
