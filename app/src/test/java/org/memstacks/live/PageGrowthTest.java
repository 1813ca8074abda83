package org.memstacks.live;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.memstacks.live.Memstacks.Result;
import org.memstacks.live.TracedProgram.Truth;

/**
 * A program that brings pages into memory in every way, and drops some of them, says itself how
 * many of each function's pages stayed.
 */
@LiveKernel
class PageGrowthTest {
  private static final long PAGE = 4096;
  private static final Pattern TOTAL =
      Pattern.compile(
          "; ([0-9,]+) pages \\(.*\\) newly resident, .*; ([0-9,]+) pages \\(.*\\) that were are gone;"
              + " resident set ([-+][0-9,]+) pages by the kernel's count\n");

  /** A run over the program's work. */
  private record Run(Map<String, Truth> truth, Result result) {
    static Run of(String... options) throws IOException {
      try (TracedProgram program = TracedProgram.start("pages");
          Memstacks collector = Memstacks.attachPgfaultstacks(arguments(program, options))) {
        program.begin();
        Map<String, Truth> truth = program.truth();
        return new Run(truth, collector.stop());
      }
    }

    private static String[] arguments(TracedProgram program, String... options) {
      List<String> arguments = new java.util.ArrayList<>(List.of("-p", "" + program.pid(), "-f"));
      arguments.addAll(List.of(options));
      return arguments.toArray(String[]::new);
    }

    /** Values by the innermost function that the program answers for; others are left out. */
    Map<String, Long> byFunction() {
      Map<String, Long> sums = new TreeMap<>();
      for (String line : result.lines()) {
        for (String frame : List.of(Result.stack(line).split(";")).reversed()) {
          if (truth.containsKey(frame)) {
            sums.merge(frame, Result.value(line), Long::sum);
            break;
          }
        }
      }
      return sums;
    }

    Map<String, Long> expected(long unit) {
      Map<String, Long> pages = new TreeMap<>();
      truth.forEach((function, t) -> {
        if (t.unfreedBlocks() > 0) {
          pages.put(function, t.unfreedBlocks() * unit);
        }
      });
      return pages;
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"session", "multi", "perf"})
  void pagesOfEachFunctionAreExact(String attach) throws IOException {
    Run run = Run.of("--attach=" + attach);

    assertThat(run.byFunction()).isEqualTo(run.expected(1));
    assertThat(run.result().exit()).isZero();
  }

  @Test
  void growthLessShrinkageIsWhatTheKernelCounts() throws IOException {
    Result result = Run.of().result();

    assertThat(result.total()).isEqualTo(assertBalanced(result));
  }

  @Test
  void bytesArePagesTimesTheirSize() throws IOException {
    Run run = Run.of("--bytes");

    assertThat(run.byFunction()).isEqualTo(run.expected(PAGE));
  }

  @ParameterizedTest
  @CsvSource({
    "keep, [anonymous]",
    "grow_heap, [heap]",
    "share, [shared]",
    "write_private_file, [private copy of file]",
    "use_thread_stack, [stack of thread]"
  })
  void theMappingIsTheFirstFrame(String function, String label) throws IOException {
    Result result = Run.of("--by-mapping").result();

    assertThat(result.lines())
        .filteredOn(line -> List.of(Result.stack(line).split(";")).contains(function))
        .isNotEmpty()
        .allMatch(line -> Result.stack(line).split(";")[1].equals(label));
  }

  @Test
  void aProcessKilledInTheWindowLeavesWhatItBrought() throws IOException {
    try (TracedProgram program = TracedProgram.start("pages");
        Memstacks collector = Memstacks.attachPgfaultstacks("-p", "" + program.pid(), "-f")) {
      program.begin();
      program.truth();
      program.process().destroyForcibly();
      Result result = collector.result();

      assertThat(result.exit()).isEqualTo(3);
      assertThat(result.errors()).contains("incomplete: the process ended in the window");
      assertThat(result.below("keep")).isEqualTo(100);
      assertThat(result.below("unmap")).isZero();
    }
  }

  @Test
  void aThreadIsNoTarget() throws IOException {
    try (Memstacks collector = Memstacks.startPgfaultstacks("-t", "1")) {
      Result result = collector.result();

      assertThat(result.exit()).isEqualTo(2);
      assertThat(result.errors()).contains("pages belong to a process");
    }
  }

  /**
   * The growth that the summary names, less the shrinkage, is the change that the kernel counts.
   *
   * @return the growth, in pages
   */
  static long assertBalanced(Result result) {
    Matcher total = TOTAL.matcher(result.errors());
    assertThat(total.find()).as(result.errors()).isTrue();
    long growth = number(total.group(1));
    long kernel = number(total.group(3));
    assertThat(Math.abs(growth - number(total.group(2)) - kernel))
        .as(result.errors())
        .isLessThanOrEqualTo(Math.abs(kernel) / 1000);
    return growth;
  }

  private static long number(String text) {
    return Long.parseLong(text.replace(",", "").replace("+", ""));
  }
}
