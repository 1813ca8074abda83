package org.memstacks.report;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.SequencedMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The texts that leave the program, character by character. */
class ReportTest {
  private static final List<NamedStack> STACKS =
      List.of(
          new NamedStack(List.of("app", "main", "free_it", "malloc"), 0, 1),
          new NamedStack(List.of("app", "main", "operator new(unsigned long)", "malloc"), 48, 2),
          new NamedStack(List.of("app", "main", "leak", "malloc"), 123_456_789, 1_000_000));

  private final StringBuilder out = new StringBuilder();

  @Test
  void foldedStacksAreOneALine() throws IOException {
    FoldedReport.write(STACKS, out);
    assertThat(out.toString())
        .isEqualTo(
            """
            app;main;free_it;malloc 0
            app;main;operator new(unsigned long);malloc 48
            app;main;leak;malloc 123456789
            """);
  }

  @Test
  void factsAreComments() throws IOException {
    SequencedMap<String, String> facts = new LinkedHashMap<>();
    facts.put("command", "memstacks -p 1\n;evil 3");
    facts.put("host", "box");
    FoldedReport.writeFacts(facts, out);
    assertThat(out.toString()).isEqualTo("# command: memstacks -p 1 ;evil 3\n# host: box\n");
  }

  @Test
  void theTableHasTheLeafFirstAndTheBiggestLast() throws IOException {
    StackTable.write(STACKS, "blocks", out);
    assertThat(out.toString())
        .isEqualTo(
            """
            0 bytes in 1 blocks (0 B)
                malloc
                free_it
                main
                app

            48 bytes in 2 blocks (48 B)
                malloc
                operator new(unsigned long)
                main
                app

            123,456,789 bytes in 1,000,000 blocks (117.7 MiB)
                malloc
                leak
                main
                app

            """);
  }

  @Test
  void theTableLooksTheSameEverywhere() throws IOException {
    Locale before = Locale.getDefault();
    Locale.setDefault(Locale.GERMANY);
    try {
      StackTable.write(STACKS.subList(2, 3), "allocations", out);
    } finally {
      Locale.setDefault(before);
    }
    assertThat(out.toString())
        .startsWith("123,456,789 bytes in 1,000,000 allocations (117.7 MiB)\n");
  }

  @Test
  void nothingIsNothing() throws IOException {
    FoldedReport.write(List.of(), out);
    StackTable.write(List.of(), "blocks", out);
    assertThat(out).isEmpty();
  }

  @ParameterizedTest
  @CsvSource({
    "0, 0 B",
    "1, 1 B",
    "1023, 1023 B",
    "1024, 1.0 KiB",
    "1535, 1.5 KiB",
    "1048524, 1023.9 KiB",
    "1048575, 1.0 MiB",
    "1048576, 1.0 MiB",
    "1073741823, 1.0 GiB",
    "1099511627776, 1.0 TiB",
    "1125899906842624, 1.0 PiB",
    "9223372036854775807, 8.0 EiB",
    "-1, -1 B",
    "-2048, -2.0 KiB",
  })
  void bytesForPeople(long bytes, String text) {
    assertThat(HumanBytes.of(bytes)).isEqualTo(text);
  }
}
