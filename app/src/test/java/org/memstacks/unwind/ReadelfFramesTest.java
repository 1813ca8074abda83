package org.memstacks.unwind;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.ForkJoinPool;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.memstacks.elf.ElfFile;

/**
 * Compares every row with what readelf's interpreter says of the same instruction, on the libraries
 * of the machine the test runs on.
 */
class ReadelfFramesTest {
  private static final Path READELF = Path.of("/usr/bin/readelf");
  private static final Pattern FUNCTION =
      Pattern.compile(".* FDE .* pc=([0-9a-f]+)\\.\\.([0-9a-f]+)");
  private static final Pattern REGISTER = Pattern.compile("([a-z0-9]+)([+-]\\d+)");

  @ParameterizedTest
  @ValueSource(
      strings = {
        "/lib64/ld-linux-x86-64.so.2",
        "/lib/x86_64-linux-gnu/libc.so.6",
        "/lib/x86_64-linux-gnu/libm.so.6",
        "/usr/lib/x86_64-linux-gnu/libstdc++.so.6",
        "/usr/lib/x86_64-linux-gnu/libcrypto.so.3",
        "/usr/lib/x86_64-linux-gnu/libgmp.so.10",
        "/usr/lib/x86_64-linux-gnu/libgcrypt.so.20",
        "libjvm.so",
      })
  void everyRowSaysWhatReadelfSays(String name) throws IOException {
    Path library =
        name.equals("libjvm.so")
            ? Path.of(System.getProperty("java.home"), "lib/server/libjvm.so")
            : Path.of(name);
    assumeTrue(Files.exists(READELF), "readelf (binutils) is not installed");
    assumeTrue(Files.exists(library), library + " is not installed");
    UnwindTable table;
    try (ElfFile elf = ElfFile.open(library)) {
      table = UnwindTable.build(elf, ForkJoinPool.commonPool()).orElseThrow();
    }
    assertThat(table.malformed()).isZero();
    Process readelf =
        new ProcessBuilder(
                READELF.toString(), "--debug-dump=frames-interp", "--wide", library.toString())
            .redirectError(ProcessBuilder.Redirect.DISCARD)
            .start();
    int compared = 0;
    try (BufferedReader lines = readelf.inputReader()) {
      compared = compare(table, lines);
    }
    assertThat(compared).isGreaterThan(table.size() / 2);
  }

  private static int compare(UnwindTable table, BufferedReader lines) throws IOException {
    List<String> columns = List.of();
    long start = 0;
    long end = 0;
    int compared = 0;
    String previous = "gap";
    long previousPc = 0;
    for (String line = lines.readLine(); line != null; line = lines.readLine()) {
      Matcher function = FUNCTION.matcher(line);
      if (function.matches()) {
        start = Long.parseLong(function.group(1), 16);
        end = Long.parseLong(function.group(2), 16);
        previousPc = -1;
      } else if (line.contains(" CIE ")) {
        end = 0;
      } else if (line.contains("LOC ")) {
        columns = Arrays.asList(line.strip().split("\\s+"));
      } else if (line.matches("[0-9a-f]{16} .*")) {
        // A value in another register is written "r10 (r10)".
        String[] values = line.strip().replaceAll(" \\([a-z0-9]+\\)", "").split("\\s+");
        long pc = Long.parseLong(values[0], 16);
        if (pc < start || pc >= end) {
          continue;
        }
        if (previousPc >= 0 && pc > previousPc) {
          assertRule(table, pc - 1, previous);
        }
        previous = expected(columns, values);
        previousPc = pc;
        assertRule(table, pc, previous);
        compared++;
      } else if (line.isBlank() && previousPc >= 0 && end > previousPc) {
        assertRule(table, end - 1, previous);
        end = 0;
      }
    }
    return compared;
  }

  private static void assertRule(UnwindTable table, long pc, String expected) {
    String actual = UnwindRow.text(table.ruleAt(pc));
    if (!actual.matches(expected)) {
      assertThat(actual).as("rule at %#x", pc).matches(expected);
    }
  }

  /** A pattern for the rule's text, written from readelf's columns alone. */
  private static String expected(List<String> columns, String[] values) {
    String cfa = value(columns, values, "CFA");
    String rbp = value(columns, values, "rbp");
    String ra = value(columns, values, "ra");
    if (ra.equals("u")) {
      return "end";
    }
    if (cfa.equals("exp")) {
      boolean signal = ra.equals("exp");
      return signal ? "signal" : "plt \\d+|\\[r[sb]p[+-]\\d+\\][+-]\\d+ rbp .*|unsupported";
    }
    Matcher m = REGISTER.matcher(cfa);
    assertThat(m.matches()).as(cfa).isTrue();
    String register = m.group(1);
    long offset = Long.parseLong(m.group(2));
    if (!ra.equals("c-8") || !value(columns, values, "rsp").equals("u")) {
      return "unsupported";
    }
    if (register.equals("rbx")) {
      return "cfa in rbx";
    }
    if (!register.equals("rsp") && !register.equals("rbp")) {
      return "unsupported";
    }
    if (offset < 0 || offset >= 8 << 15) {
      return "unfit";
    }
    String saved =
        rbp.equals("u") || rbp.equals("s")
            ? "same"
            : rbp.startsWith("c-") ? "@cfa" + rbp.substring(1) : "lost";
    return Pattern.quote("%s%+d rbp %s".formatted(register, offset, saved));
  }

  private static String value(List<String> columns, String[] values, String column) {
    int at = columns.indexOf(column);
    return at < 0 ? "u" : values[at];
  }
}
