package org.memstacks.live;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.memstacks.live.Memstacks.Result;
import org.memstacks.live.TracedProgram.Truth;

/**
 * Tables too small for what happens: what is missing is said with its bytes, and how to raise the
 * limit.
 */
@LiveKernel
class LimitsTest {
  private static final String STACK_STORE_FULL = "[no stack: stack store full]";

  @ParameterizedTest
  @CsvSource({"-f, blocks", "-af, allocations"})
  void whatHasNoStackIsStillCounted(String mode, String what) throws IOException {
    try (TracedProgram program = TracedProgram.start("groundtruth", "-n", "20000");
        Memstacks memstacks =
            Memstacks.attach(mode, "--stack-storage-size=3", "-p", "" + program.pid())) {
      program.begin();
      Map<String, Truth> truth = program.truth();
      Result result = memstacks.stop();

      assertThat(result.total())
          .isEqualTo(
              truth.values().stream()
                  .mapToLong(mode.equals("-f") ? Truth::unfreedBytes : Truth::allBytes)
                  .sum());
      assertThat(result.lines()).hasSizeLessThanOrEqualTo(4);
      assertThat(result.lines().getLast()).startsWith("groundtruth;" + STACK_STORE_FULL + " ");
      assertThat(result.errors())
          .containsPattern(
              "memstacks: incomplete: [0-9,]+ "
                  + what
                  + " of .* have no stack: the stack store is full \\(it is made for 64 frames a stack on average\\), raise --stack-storage-size\n");
      assertThat(result.exit()).isEqualTo(3);
    }
  }

  @Test
  void blocksBeyondTheTableAreCountedAsLost() throws IOException {
    try (TracedProgram program = TracedProgram.start("threads");
        Memstacks memstacks =
            Memstacks.attach("-f", "-v", "--max-live-blocks=100", "-p", "" + program.pid())) {
      program.begin();
      Map<String, Truth> truth = program.truth();
      Result result = memstacks.stop();

      long allocated = truth.values().stream().mapToLong(Truth::allBytes).sum();
      long lost = result.counter("LOST_BYTES");
      assertThat(lost).isPositive();
      assertThat(result.counter("LOST_BLOCKS"))
          .isEqualTo(
              truth.values().stream().mapToLong(Truth::allEvents).sum()
                  + 1 // the C library's own, for threads
                  - result.counter("ALLOCATIONS"));
      assertThat(result.counter("ALLOCATED_BYTES") + lost).isBetween(allocated, allocated + 1024);
      assertThat(result.errors())
          .containsPattern(
              "memstacks: incomplete: lost [0-9,]+ blocks of [0-9.]+ KiB: the table of live blocks is full,"
                  + " raise --max-live-blocks\n");
      assertThat(result.exit()).isEqualTo(3);
    }
  }
}
