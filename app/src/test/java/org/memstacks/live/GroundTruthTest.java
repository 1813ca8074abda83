package org.memstacks.live;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.RepetitionInfo;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.memstacks.live.Memstacks.Result;
import org.memstacks.live.Memstacks.Sum;
import org.memstacks.live.TracedProgram.Truth;

/**
 * A program with eight threads and about a million events, which calls every allocation function in
 * every way, says itself how many bytes each of its functions allocated and did not free.
 */
@LiveKernel
@Execution(ExecutionMode.CONCURRENT)
class GroundTruthTest {
  private static final String JEMALLOC = "/usr/lib/x86_64-linux-gnu/libjemalloc.so.2";

  @ParameterizedTest
  @ValueSource(strings = {"session", "multi", "perf"})
  void unfreedBytesOfEachFunctionAreExact(String attach) throws IOException {
    assertUnfreed("--attach=" + attach, "1");
  }

  @ParameterizedTest
  @ValueSource(strings = {"session", "multi", "perf"})
  void allBytesOfEachFunctionAreExact(String attach) throws IOException {
    assertAll("--attach=" + attach, "1");
  }

  @Test
  void unfreedBlocksOfEachFunctionAreExact() throws IOException {
    try (TracedProgram program = TracedProgram.start("groundtruth", "-s", "2");
        Memstacks memstacks = Memstacks.attach("-p", "" + program.pid())) {
      program.begin();
      Map<String, Truth> truth = program.truth();
      Result result = memstacks.stop();

      Map<String, Sum> expected = new TreeMap<>();
      truth.forEach((function, t) -> {
        if (t.unfreedBlocks() > 0) {
          expected.put(function, new Sum(t.unfreedBytes(), t.unfreedBlocks()));
        }
      });
      assertThat(result.tableByCaller()).containsExactlyInAnyOrderEntriesOf(expected);
    }
  }

  @Test
  void allAllocationsOfEachFunctionAreExact() throws IOException {
    try (TracedProgram program = TracedProgram.start("groundtruth", "-s", "3");
        Memstacks memstacks = Memstacks.attach("-a", "-p", "" + program.pid())) {
      program.begin();
      Map<String, Truth> truth = program.truth();
      Result result = memstacks.stop();

      Map<String, Sum> expected = new TreeMap<>();
      truth.forEach((function, t) -> {
        if (t.allEvents() > 0) {
          expected.put(function, new Sum(t.allBytes(), t.allEvents()));
        }
      });
      assertThat(result.tableByCaller()).containsExactlyInAnyOrderEntriesOf(expected);
    }
  }

  @Tag("slow")
  @RepeatedTest(5)
  void unfreedBytesAreExactEachTime(RepetitionInfo repetition) throws IOException {
    for (String attach : AttachWays.all()) {
      assertUnfreed("--attach=" + attach, "" + (10 + repetition.getCurrentRepetition()));
    }
  }

  @Tag("slow")
  @RepeatedTest(5)
  void allBytesAreExactEachTime(RepetitionInfo repetition) throws IOException {
    for (String attach : AttachWays.all()) {
      assertAll("--attach=" + attach, "" + (10 + repetition.getCurrentRepetition()));
    }
  }

  @Test
  void unfreedBytesAreExactWithAnAllocatorThatWasPreloaded() throws IOException {
    Assumptions.assumeTrue(Files.exists(Path.of(JEMALLOC)), "libjemalloc2 is not installed");
    try (TracedProgram program =
            TracedProgram.start(Map.of("LD_PRELOAD", JEMALLOC), "groundtruth", "-P");
        Memstacks memstacks = Memstacks.attach("-f", "-v", "-p", "" + program.pid())) {
      program.begin();
      Map<String, Truth> truth = program.truth();
      Result result = memstacks.stop();

      assertThat(result.errors()).contains("malloc in " + JEMALLOC);
      assertThat(nonZero(result.byCaller()))
          .isEqualTo(TracedProgram.nonZero(truth, Truth::unfreedBytes));
      assertThat(result.exit()).isZero();
    }
  }

  static void assertUnfreed(String attach, String seed) throws IOException {
    try (TracedProgram program = TracedProgram.start("groundtruth", "-s", seed);
        Memstacks memstacks = Memstacks.attach("-f", attach, "-p", "" + program.pid())) {
      program.begin();
      Map<String, Truth> truth = program.truth();
      Result result = memstacks.stop();

      assertThat(nonZero(result.byCaller()))
          .isEqualTo(TracedProgram.nonZero(truth, Truth::unfreedBytes));
      assertThat(result.exit()).isZero();
      long blocks = truth.values().stream().mapToLong(Truth::unfreedBlocks).sum();
      assertThat(result.errors()).contains("%,d blocks of".formatted(blocks));
    }
  }

  static void assertAll(String attach, String seed) throws IOException {
    try (TracedProgram program = TracedProgram.start("groundtruth", "-s", seed);
        Memstacks memstacks = Memstacks.attach("-af", attach, "-p", "" + program.pid())) {
      program.begin();
      Map<String, Truth> truth = program.truth();
      Result result = memstacks.stop();

      assertThat(nonZero(result.byCaller()))
          .isEqualTo(TracedProgram.nonZero(truth, Truth::allBytes));
      assertThat(result.exit()).isZero();
      assertThat(result.errors()).contains("allocations of");
    }
  }

  private static Map<String, Long> nonZero(Map<String, Long> values) {
    Map<String, Long> result = new TreeMap<>(values);
    result.values().removeIf(value -> value == 0);
    return result;
  }
}
