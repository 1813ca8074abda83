package org.memstacks.site;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The decoder agrees with binutils on every instruction of whole real libraries: where it ends,
 * where it leads, and that it writes the register named as destination.
 */
@Tag("tools")
class DecoderAgainstObjdumpTest {
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
  void readsTheSameInstructions(String library) {
    int known = 0;
    int unknown = 0;
    List<String> different = new ArrayList<>();
    for (Objdump.Line line : Objdump.disassemble(library)) {
      if (line.isNone()) {
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
      destination(line)
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

  /** The general register that the last operand names, if the instruction writes it. */
  private static Optional<Integer> destination(Objdump.Line line) {
    String text = line.text();
    String mnemonic = text.split(" ")[0];
    if (text.matches("(i?mul|i?div)[bwlq]? +[^,]*")) {
      return Optional.of(X86InstructionSet.RAX);
    }
    int last = Math.max(text.lastIndexOf(','), text.lastIndexOf(' '));
    String operand = text.substring(last + 1);
    boolean nop = text.matches("xchg +%ax,%ax");
    if (!operand.startsWith("%") || READS_ONLY.matcher(mnemonic).matches() || nop) {
      return Optional.empty();
    }
    return register(operand.substring(1));
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
  private static Instruction decode(Objdump.Line line) {
    int skip = line.bytes().length > 1 && line.bytes()[0] == (byte) 0x9b ? 1 : 0;
    return InstructionSet.X86_64.decode(line.bytes(), skip, line.address() + skip);
  }
}
