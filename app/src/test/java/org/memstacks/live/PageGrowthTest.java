package org.memstacks.live;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.memstacks.live.Memstacks.Result;

/**
 * A program that brings pages into memory in every way, and drops some of them, says itself how
 * many of each function's pages stayed.
 */
@LiveKernel
class PageGrowthTest {
  private static final long PAGE = 4096;

  private static PageGrowth run(String... options) throws IOException {
    return PageGrowth.of(TracedProgram.start("pages"), options);
  }

  /** Values by the innermost function that the program answers for; others are left out. */
  private static Map<String, Long> byFunction(PageGrowth growth) {
    Map<String, Long> sums = new TreeMap<>();
    for (String line : growth.result().lines()) {
      for (String frame : List.of(Result.stack(line).split(";")).reversed()) {
        if (growth.truth().containsKey(frame)) {
          sums.merge(frame, Result.value(line), Long::sum);
          break;
        }
      }
    }
    return sums;
  }

  private static Map<String, Long> expected(PageGrowth growth, long unit) {
    return TracedProgram.nonZero(growth.truth(), truth -> truth.unfreedBlocks() * unit);
  }

  @ParameterizedTest
  @ValueSource(strings = {"session", "multi", "perf"})
  void pagesOfEachFunctionAreExact(String attach) throws IOException {
    PageGrowth run = run("--attach=" + attach);

    assertThat(byFunction(run)).isEqualTo(expected(run, 1));
    assertThat(run.result().exit()).isZero();
  }

  @Test
  void growthLessShrinkageIsWhatTheKernelCounts() throws IOException {
    Result result = run().result();

    assertThat(result.total()).isEqualTo(PageGrowth.assertBalanced(result));
  }

  @Test
  void bytesArePagesTimesTheirSize() throws IOException {
    PageGrowth run = run("--bytes");

    assertThat(byFunction(run)).isEqualTo(expected(run, PAGE));
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
    Result result = run("--by-mapping").result();

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
}
