package org.memstacks.live;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.memstacks.live.Memstacks.Result;
import org.memstacks.live.TracedProgram.Truth;

/**
 * Threads that map, unmap, drop, move and touch pages at random, all at once: addresses that one
 * gives back are another's a moment later. The program knows what brought each page.
 */
@LiveKernel
class PageGrowthFuzzTest {
  private static final long WINDOW_NANOS = 1_000_000_000;

  /** What the program knows, and what the collector says. */
  private record Traced(Map<String, Truth> truth, Result result) {
    /**
     * @param ends whether the process ends in the window
     */
    static Traced of(String attach, boolean ends, String... arguments) throws IOException {
      try (TracedProgram program = TracedProgram.start("pagefuzz", arguments);
          Memstacks collector =
              Memstacks.attachPgfaultstacks("-p", "" + program.pid(), "-f", "--attach=" + attach)) {
        program.begin();
        Map<String, Truth> truth = program.truth();
        if (!ends) {
          return new Traced(truth, collector.stop());
        }
        program.end();
        return new Traced(truth, collector.result());
      }
    }

    Map<String, Long> pages() {
      Map<String, Long> pages = new TreeMap<>();
      truth.keySet().forEach(function -> pages.put(function, result.below(function)));
      return pages;
    }

    Map<String, Long> expected() {
      return TracedProgram.nonZero(truth, Truth::unfreedBlocks);
    }
  }

  @ParameterizedTest
  @CsvSource({"1, 4, session", "2, 8, session", "3, 4, multi", "4, 4, perf"})
  void pagesOfEachFunctionAreExactWhenItStops(String seed, String threads, String attach)
      throws IOException {
    Traced traced = Traced.of(attach, false, seed, threads, "15000");
    Result result = traced.result;
    assertThat(traced.pages()).isEqualTo(traced.expected());
    assertThat(result.lines()).noneMatch(line -> Result.stack(line).contains("[no fault seen]"));
    assertThat(PageGrowthTest.assertBalanced(result)).isEqualTo(result.total());
    assertThat(result.exit()).isZero();
  }

  /**
   * No look sees it as it ends: the last one is carried along. Pages that another thread mapped
   * between the probe of a munmap and the unmapping itself stay in the books: some dozens, of
   * whichever function, when a thread loses its processor right there.
   */
  @ParameterizedTest
  @CsvSource({"6, 4, session", "7, 8, session", "8, 4, multi", "9, 4, perf"})
  void pagesOfEachFunctionAreKnownWhenTheProcessEnds(String seed, String threads, String attach)
      throws IOException {
    Traced traced = Traced.of(attach, true, seed, threads, "10000");
    Result result = traced.result;
    Map<String, Long> pages = traced.pages();
    Map<String, Long> expected = traced.expected();
    long all = expected.values().stream().mapToLong(Long::longValue).sum();
    expected.forEach((function, count) ->
        assertThat(pages.get(function))
            .as(function + " " + result.errors())
            .isCloseTo(count, within(all / 20)));
    assertThat(result.lines()).noneMatch(line -> Result.stack(line).contains("[no fault seen]"));
  }

  /** Then half of the pages come and go within some ten milliseconds. */
  @Test
  void aWindowThatEndsInTheMidstOfItMissesNoPageAndNoFault() throws IOException {
    Result result;
    try (TracedProgram program = TracedProgram.start("pagefuzz", "5", "4", "" + Long.MAX_VALUE);
        Memstacks collector = Memstacks.attachPgfaultstacks("-p", "" + program.pid(), "-f")) {
      program.begin();
      LockSupport.parkNanos(WINDOW_NANOS);
      result = collector.stop();
    }

    assertThat(result.total()).isPositive();
    // A tenth is what the program changes in two milliseconds; the look itself takes a fraction of
    // one.
    assertThat(List.of(result.below("[no fault seen]"), result.below("only_read")))
        .as("pages without what brought them, of " + result.total())
        .allMatch(pages -> pages <= result.total() / 10);
    // Where these are more than one in a hundred, that is said; nothing else is missing.
    assertThat(result.errors().lines().filter(line -> line.contains("incomplete:")))
        .allMatch(line -> line.contains("came without a fault or a call that was seen"));
  }
}
