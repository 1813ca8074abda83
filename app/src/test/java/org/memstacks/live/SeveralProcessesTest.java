package org.memstacks.live;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.memstacks.live.Memstacks.Result;
import org.memstacks.live.TracedProgram.Truth;

/** Several processes traced at once, into one output. */
@LiveKernel
@Execution(ExecutionMode.CONCURRENT)
class SeveralProcessesTest {
  @TempDir Path directory;

  @EachAttachWay(with = {"-f", "-af"})
  void eachIsExactUnderItsNameAndNumber(String mode, String attach) throws IOException {
    try (TracedProgram one = TracedProgram.start("threads");
        TracedProgram other = TracedProgram.start("handler");
        Memstacks memstacks =
            Memstacks.attach(mode, "--attach=" + attach, "-p", one.pid() + "," + other.pid())) {
      one.begin();
      other.begin();
      Map<String, Truth> ofOne = one.truth();
      Map<String, Truth> ofOther = other.truth();
      Result result = memstacks.stop();

      assertThat(of(result, "threads", one))
          .containsAllEntriesOf(expected(mode, ofOne))
          .doesNotContainKeys(ofOther.keySet().toArray(String[]::new));
      assertThat(of(result, "handler", other)).isEqualTo(expected(mode, ofOther));
      assertThat(result.errors())
          .contains("attached to PID " + one.pid() + "\n")
          .contains("attached to PID " + other.pid() + "\n")
          .doesNotContain("incomplete");
      assertThat(result.exit()).isZero();
      assertThat(one.end()).isZero();
      assertThat(other.end()).isZero();
    }
  }

  /** The same addresses of the same library, and often the same addresses of blocks. */
  @EachAttachWay
  void theSameProgramTwiceCountsApart(String attach) throws IOException {
    try (TracedProgram one = TracedProgram.start("groundtruth", "-n", "20000");
        TracedProgram other = TracedProgram.start("groundtruth", "-n", "30000");
        Memstacks memstacks =
            Memstacks.attach(
                "-f", "--attach=" + attach, "-p", "" + one.pid(), "-p", "" + other.pid())) {
      one.begin();
      other.begin();
      Map<String, Truth> ofOne = one.truth();
      Map<String, Truth> ofOther = other.truth();
      Result result = memstacks.stop();

      assertThat(of(result, "groundtruth", one)).containsAllEntriesOf(expected("-f", ofOne));
      assertThat(of(result, "groundtruth", other)).containsAllEntriesOf(expected("-f", ofOther));
      assertThat(expected("-f", ofOne)).isNotEqualTo(expected("-f", ofOther));
      assertThat(values(result)).isSorted();
      assertThat(result.errors()).doesNotContain("incomplete");
      assertThat(result.exit()).isZero();
      assertThat(one.end()).isZero();
      assertThat(other.end()).isZero();
    }
  }

  @Test
  void oneThatEndsDoesNotEndTheWindowOfTheOthers() throws IOException {
    try (TracedProgram one = TracedProgram.start("threads");
        TracedProgram other = TracedProgram.start("threads");
        Memstacks memstacks = Memstacks.attach("-f", "-p", one.pid() + "," + other.pid())) {
      one.begin();
      Map<String, Truth> ofOne = one.truth();
      assertThat(one.end()).isZero();
      memstacks.awaitSaid("process " + one.pid() + " ended in the window; this is what it left");
      other.begin();
      Map<String, Truth> ofOther = other.truth();
      assertThat(other.end()).isZero();
      // With the last one it is over.
      Result result = memstacks.result();

      assertThat(of(result, "threads", one)).containsAllEntriesOf(expected("-f", ofOne));
      assertThat(of(result, "threads", other)).containsAllEntriesOf(expected("-f", ofOther));
      assertThat(result.errors())
          .contains("process " + other.pid() + " ended in the window")
          .doesNotContain("incomplete");
      assertThat(result.exit()).isZero();
    }
  }

  @Test
  void oneThatCannotBeTracedIsSaid() throws IOException {
    Path executable = directory.resolve("nameless");
    Files.copy(TracedProgram.build("starter-static"), executable);
    assertThat(
            new ProcessBuilder("strip", executable.toString()).start().onExit().join().exitValue())
        .isZero();
    Process nameless = new ProcessBuilder(executable.toString(), "stay").start();
    try (TracedProgram program = TracedProgram.start("threads");
        Memstacks memstacks =
            Memstacks.attach("-f", "--facts", "-p", nameless.pid() + "," + program.pid())) {
      program.begin();
      Map<String, Truth> truth = program.truth();
      Result result = memstacks.stop();

      assertThat(of(result, "threads", program)).containsAllEntriesOf(expected("-f", truth));
      String missing =
          "process %d (nameless) is not traced: no object of process".formatted(nameless.pid());
      assertThat(result.errors())
          .contains("memstacks: incomplete: " + missing)
          .doesNotContain("attached to PID " + nameless.pid());
      assertThat(result.lines())
          .anyMatch(line -> line.startsWith("# incomplete 1: " + missing))
          .contains("# process: threads (PID " + program.pid() + ")")
          .anyMatch(line -> line.startsWith("# total threads-" + program.pid() + ": "));
      assertThat(result.exit()).isEqualTo(3);
    } finally {
      nameless.destroyForcibly();
    }
  }

  @Test
  void oneThatDoesNotExistIsRefusedBeforeAnythingIsAttached() throws IOException {
    try (TracedProgram program = TracedProgram.start("idle");
        Memstacks memstacks = Memstacks.start("-f", "-p", program.pid() + ",2147483647", "5")) {
      Result result = memstacks.result();

      assertThat(result.exit()).isEqualTo(1);
      assertThat(result.lines()).isEmpty();
      assertThat(result.errors())
          .startsWith("memstacks: there is no process or thread 2147483647")
          .hasLineCount(1);
    }
  }

  /** More than its part of the blocks that can be live, which the other one does not need. */
  @Test
  void theLimitOfLiveBlocksIsThatOfAllTogether() throws IOException {
    try (TracedProgram grower = TracedProgram.start("grower", "400000", "1");
        TracedProgram idle = TracedProgram.start("idle");
        Memstacks memstacks =
            Memstacks.attach(
                "-f", "--max-live-blocks=600000", "-p", grower.pid() + "," + idle.pid())) {
      grower.begin();
      Map<String, Truth> truth = grower.truth();
      Result result = memstacks.stop();

      assertThat(of(result, "grower", grower)).containsAllEntriesOf(expected("-f", truth));
      assertThat(result.errors()).doesNotContain("incomplete");
      assertThat(result.exit()).isZero();
    }
  }

  /** Tables tell which process grows. */
  @Test
  void tablesNameTheProcess() throws IOException {
    try (TracedProgram one = TracedProgram.start("views");
        TracedProgram other = TracedProgram.start("views");
        Memstacks memstacks =
            Memstacks.attach("-f", "--interval=1", "-p", one.pid() + "," + other.pid())) {
      one.begin();
      other.begin();
      memstacks.awaitSaid(" < views-" + one.pid() + "\n");
      memstacks.awaitSaid(" < views-" + other.pid() + "\n");
      Result result = memstacks.stop();

      for (TracedProgram program : List.of(one, other)) {
        assertThat(result.errors())
            .containsPattern("first_keeps < .*main < .* < views-" + program.pid() + "\n")
            .contains("memstacks: views-" + program.pid() + ": ");
      }
      assertThat(result.exit()).isZero();
    }
  }

  private static Map<String, Long> expected(String mode, Map<String, Truth> truth) {
    return TracedProgram.nonZero(truth, mode.equals("-af") ? Truth::allBytes : Truth::unfreedBytes);
  }

  private static List<Long> values(Result result) {
    return result.lines().stream()
        .map(line -> Long.parseLong(line.substring(line.lastIndexOf(' ') + 1)))
        .toList();
  }

  /** Bytes of one process by the function that called the allocator. */
  private static Map<String, Long> of(Result result, String name, TracedProgram program) {
    List<String> lines =
        result.lines().stream()
            .filter(line -> line.startsWith(name + "-" + program.pid() + ";"))
            .toList();
    return new TreeMap<>(new Result(0, lines, "").byCaller());
  }
}
