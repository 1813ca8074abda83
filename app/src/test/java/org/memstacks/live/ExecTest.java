package org.memstacks.live;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.entry;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.memstacks.live.Memstacks.Result;
import org.memstacks.live.TracedProgram.Truth;

/** A process that becomes another program in the window. */
@LiveKernel
@Execution(ExecutionMode.CONCURRENT)
class ExecTest {
  private static final String JEMALLOC = "/usr/lib/x86_64-linux-gnu/libjemalloc.so.2";
  private static final String GONE =
      "memstacks: the process became another program (exec): 750 blocks of 73.2 KiB went with its old"
          + " memory and are left out\n";

  @EachAttachWay
  void blocksOfTheOldProgramAreGoneAndThatIsSaid(String attach) throws IOException {
    try (TracedProgram program = TracedProgram.start("successor")) {
      succeeded(program, "--attach=" + attach);
    }
  }

  /** Then new blocks lie where old ones lay. */
  @Test
  void addressesThatComeAgainAreNewBlocks() throws IOException {
    List<String> command =
        List.of("setarch", "--addr-no-randomize", TracedProgram.build("successor").toString());
    try (TracedProgram program = TracedProgram.start(Map.of(), command)) {
      succeeded(program);
    }
  }

  /** Then the old ones' places are needed. */
  @Test
  void placesOfOldBlocksAreUsedAgain() throws IOException {
    try (TracedProgram program = TracedProgram.start("successor")) {
      Result result = succeeded(program, "--max-live-blocks=1000");
      assertThat(result.counter("GONE_BLOCKS")).as("used again while it ran").isPositive();
      assertThat(result.counter("LOST_BLOCKS")).isZero();
    }
  }

  private static Result succeeded(TracedProgram program, String... options) throws IOException {
    try (Memstacks memstacks = attach(program, "-f", options)) {
      Map<String, Truth> truth = truth(program, memstacks);
      Result result = memstacks.stop();

      assertThat(result.byCaller())
          .contains(entry("successor_keeps", truth.get("successor_keeps").unfreedBytes()))
          .doesNotContainKeys("successor_frees", "first_keeps", "first_frees");
      assertThat(result.errors()).contains(GONE).doesNotContain("incomplete");
      assertThat(result.exit()).isZero();
      assertThat(program.end()).isZero();
      return result;
    }
  }

  @EachAttachWay
  void allAllocationsAreThoseOfBothPrograms(String attach) throws IOException {
    try (TracedProgram program = TracedProgram.start("successor");
        Memstacks memstacks = attach(program, "-af", "--attach=" + attach)) {
      Map<String, Truth> truth = truth(program, memstacks);
      Result result = memstacks.stop();

      assertThat(result.byCaller())
          .containsAllEntriesOf(TracedProgram.nonZero(truth, Truth::allBytes));
      assertThat(result.errors()).doesNotContain("exec");
      assertThat(result.exit()).isZero();
    }
  }

  @EachAttachWay(with = {"-f", "-af"})
  void anotherAllocatorIsFoundAndTheGapIsSaid(String mode, String attach) throws IOException {
    Assumptions.assumeTrue(Files.exists(Path.of(JEMALLOC)), "libjemalloc2 is not installed");
    try (TracedProgram program = TracedProgram.start("successor", JEMALLOC);
        Memstacks memstacks = attach(program, mode, "--attach=" + attach)) {
      Map<String, Truth> truth = truth(program, memstacks);
      Result result = memstacks.stop();

      assertThat(result.byCaller())
          .containsAllEntriesOf(
              TracedProgram.nonZero(
                  truth, mode.equals("-f") ? Truth::unfreedBytes : Truth::allBytes))
          .doesNotContainKey(mode.equals("-f") ? "first_keeps" : "");
      assertThat(result.errors())
          .containsPattern(
              "memstacks: incomplete: the process became another program \\(.*\\) with another"
                  + " allocator, .*/libjemalloc.so.2: what that allocated before its probes were in is"
                  + " not counted\n");
      assertThat(result.exit()).isEqualTo(3);
      assertThat(program.end()).isZero();
    }
  }

  private static Memstacks attach(TracedProgram program, String mode, String... options)
      throws IOException {
    String[] arguments = new String[options.length + 4];
    arguments[0] = mode;
    arguments[1] = "-v";
    arguments[2] = "-p";
    arguments[3] = "" + program.pid();
    System.arraycopy(options, 0, arguments, 4, options.length);
    return Memstacks.attach(arguments);
  }

  /** Lets both programs do their work; the second one when it is traced and its code is mapped. */
  private static Map<String, Truth> truth(TracedProgram program, Memstacks memstacks)
      throws IOException {
    program.begin();
    assertThat(program.line()).isEqualTo("ready");
    memstacks.awaitSaid("which is traced");
    try {
      Thread.sleep(300);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    program.begin();
    return program.truth();
  }
}
