package org.memstacks.live;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.ToLongFunction;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.memstacks.live.Memstacks.Result;
import org.memstacks.live.TracedProgram.Truth;

/**
 * Allocators whose functions hand calls to each other by jumps, by calls and through others, in
 * whole or in part: each call of the program counts once, with the bytes that it asked for.
 */
@LiveKernel
@Execution(ExecutionMode.CONCURRENT)
class HandingAllocatorsTest {
  /** Some two minutes: with the slow tests. */
  @Tag("slow")
  @ParameterizedTest
  @CsvSource({
    "plain, session",
    "realloc_big, multi",
    "memalign_tiny, perf",
    "memalign_wide, session",
    "malloc_paged, multi",
    "malloc_cleared, perf",
    "realloc_cleared, session",
    "malloc_again, multi",
    "malloc_again, session",
    "calloc_helped, perf",
    "calloc_cold, session",
    "calloc_sizeless, multi",
    "memalign_over, perf",
    "aligned_larger, session",
    "posix_fast, multi",
    "realloc_zero, perf",
    "runs_on, session",
    "returns_in, perf",
    "jumps_in, multi",
    "loops, perf",
    "loops, session",
    "calls_first, session",
    "renamed, session",
    "renamed, perf",
    "computed, perf",
    "computed_register, session",
    "computed_member, multi",
    "elsewhere, multi",
    "elsewhere, session"
  })
  void everyCallCountsOnce(String how, String attach) throws IOException {
    assertExact("-f", attach, Truth::unfreedBytes, how);
    assertExact("-af", attach, Truth::allBytes, how);
  }

  @Test
  void whatIsNotProbedAndWhyIsSaid() throws IOException {
    Path library = TracedProgram.build("handing-malloc_cleared.so");

    assertThat(assertExact("-f", "session", Truth::unfreedBytes, "malloc_cleared").errors())
        .contains("malloc in " + library + " is not probed: all its calls go on to calloc\n");
  }

  @Test
  void whatMayBeAnotherFunctionsOwnIsSaid() throws IOException {
    // Here the result tells that it is one call.
    assertExact("-f", "session", Truth::unfreedBytes, "realloc_shared");

    Path library = TracedProgram.build("handing-realloc_shared.so");
    try (TracedProgram program =
            TracedProgram.start(Map.of("LD_PRELOAD", library.toString()), "everyway");
        Memstacks memstacks = Memstacks.attach("-af", "-p", "" + program.pid())) {
      program.begin();
      program.truth();
      Result result = memstacks.stop();

      assertThat(result.errors())
          .contains(
              "are left out as part of other allocations: an allocation function took them by code"
                  + " that functions use that are not traced as well, whose own they may be\n");
      assertThat(result.exit()).isEqualTo(3);
    }
  }

  @Test
  void staticProgramsHaveFunctionsOfTheirOwnWithAllocatorsNames() throws IOException {
    for (String mode : new String[] {"-f", "-af"}) {
      assertExact(
          mode,
          "session",
          mode.equals("-f") ? Truth::unfreedBytes : Truth::allBytes,
          TracedProgram.start("namesakes-static"));
    }
  }

  private static Result assertExact(
      String mode, String attach, ToLongFunction<Truth> value, String how) throws IOException {
    Path library = TracedProgram.build("handing-" + how + ".so");
    return assertExact(
        mode,
        attach,
        value,
        TracedProgram.start(Map.of("LD_PRELOAD", library.toString()), "everyway"));
  }

  private static Result assertExact(
      String mode, String attach, ToLongFunction<Truth> value, TracedProgram started)
      throws IOException {
    try (TracedProgram program = started;
        Memstacks memstacks =
            Memstacks.attach(mode, "-v", "--attach=" + attach, "-p", "" + program.pid())) {
      program.begin();
      Map<String, Truth> truth = program.truth();
      Result result = memstacks.stop();

      Map<String, Long> seen = new TreeMap<>();
      truth.keySet().forEach(function -> seen.put(function, result.below(function)));
      seen.values().removeIf(bytes -> bytes == 0);
      assertThat(seen).as(mode + result.errors()).isEqualTo(TracedProgram.nonZero(truth, value));
      assertThat(result.total())
          .as("nothing else")
          .isEqualTo(seen.values().stream().mapToLong(Long::longValue).sum());
      assertThat(result.exit()).as(result.errors()).isZero();
      assertThat(program.end()).isZero();
      return result;
    }
  }
}
