package org.memstacks.live;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.Locale;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.memstacks.live.Memstacks.Result;

/** What takes the place of blocks from before the window is told from what comes besides. */
@LiveKernel
@Execution(ExecutionMode.CONCURRENT)
class OlderBlocksTest {
  @Tag("slow")
  @ParameterizedTest
  @CsvSource({
    "swap, --attach=multi",
    "swap, --attach=perf",
    "shrink, --attach=perf",
    "realloc, --attach=session",
    "realloc, --attach=multi",
  })
  void eachBlockDoesSoHoweverItIsAttached(String way, String option) throws IOException {
    eachBlockOfAFullTableTakesThePlaceOfAnOlderOne(way, option);
  }

  @ParameterizedTest
  @CsvSource({"swap, --attach=session", "shrink, --attach=session", "realloc, --attach=perf"})
  void eachBlockOfAFullTableTakesThePlaceOfAnOlderOne(String way, String option)
      throws IOException {
    Result result = traced(way, option);
    assertThat(result.errors())
        .contains(
            String.format(
                Locale.ROOT, "besides, %,d frees of blocks from before the window", blocks(result)))
        .contains("no stack is known to grow; of 1 it is too early to tell: trace for longer\n")
        .doesNotContain("growing");
  }

  @Test
  void underAFilterItIsSaidThatMoreCannotBeTold() throws IOException {
    assertThat(traced("swap", "--min-size=1").errors())
        .contains("of 1 it is too early to tell: trace for longer, or without -t, --min-size and")
        .doesNotContain("growing");
  }

  /** Ending threads free again what lies in their caches, and that was freed by the program. */
  @ParameterizedTest
  @ValueSource(strings = {"--attach=session", "--drain=2"})
  void cachesOfThreadsAreNoOlderBlocks(String option) throws IOException {
    assertThat(traced("threads", option).errors())
        .contains("1 stack grows")
        .containsPattern("growing +leaks < request");
  }

  @Tag("slow")
  @ParameterizedTest
  @ValueSource(strings = {"--attach=perf", "--older=500"})
  void cachesOfThreadsAreNoneWhateverIsAsked(String option) throws IOException {
    cachesOfThreadsAreNoOlderBlocks(option);
  }

  private static long blocks(Result result) {
    String errors = result.errors();
    return Long.parseLong(
        errors
            .substring(
                errors.indexOf("stack; ") + "stack; ".length(), errors.indexOf(" allocated:"))
            .replace(",", ""));
  }

  private static Result traced(String way, String option) throws IOException {
    try (TracedProgram program = TracedProgram.start("turnover", way);
        Memstacks memstacks = Memstacks.attach("-f", option, "-p", "" + program.pid())) {
      program.begin();
      program.truth();
      return memstacks.stop();
    }
  }
}
