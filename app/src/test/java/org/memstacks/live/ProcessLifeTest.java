package org.memstacks.live;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.entry;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.memstacks.live.Memstacks.Result;
import org.memstacks.live.TracedProgram.Truth;

/**
 * What happens to a process in the window: children, other programs, jumps, exceptions, its end.
 */
@LiveKernel
@Execution(ExecutionMode.CONCURRENT)
class ProcessLifeTest {
  @ParameterizedTest
  @CsvSource({
    "-f,  session",
    "-f,  multi",
    "-f,  perf",
    "-af, session",
    "-af, perf",
  })
  void whatChildrenDoIsNotTheParents(String mode, String attach) throws IOException {
    try (TracedProgram program = TracedProgram.start("forker");
        Memstacks memstacks =
            Memstacks.attach(mode, "--attach=" + attach, "-p", "" + program.pid())) {
      program.begin();
      Map<String, Truth> truth = program.truth();
      Result result = memstacks.stop();

      assertThat(result.byCaller())
          .isEqualTo(
              TracedProgram.nonZero(
                  truth, mode.equals("-f") ? Truth::unfreedBytes : Truth::allBytes));
      assertThat(result.exit()).isZero();
      assertThat(program.end()).isZero();
    }
  }

  /** By fork, posix_spawn and vfork with exec; none of them is taken for the target's own exec. */
  @EachAttachWay(with = {"-f", "-af"})
  void aThousandChildrenAreUnharmedAndNotCounted(String mode, String attach) throws IOException {
    try (TracedProgram program = TracedProgram.start("breeder");
        Memstacks memstacks =
            Memstacks.attach(mode, "--attach=" + attach, "-p", "" + program.pid())) {
      program.begin();
      Map<String, Truth> truth = program.truth();
      Result result = memstacks.stop();

      assertThat(result.byCaller())
          .contains(
              entry("parent_between_children", truth.get("parent_between_children").allBytes()))
          .doesNotContainKey("child_keeps");
      assertThat(result.errors()).doesNotContain("another program");
      if (attach.equals("perf")) {
        assertThat(result.errors()).doesNotContain("vfork");
      } else {
        assertThat(result.errors()).contains("40 children begun by vfork or posix_spawn");
      }
      assertThat(result.exit()).isZero();
      assertThat(program.end()).isZero();
    }
  }

  @EachAttachWay
  void aProgramThatReplacesItselfIsTracedOn(String attach) throws IOException {
    try (TracedProgram program = TracedProgram.start("execer");
        Memstacks memstacks =
            Memstacks.attach("-af", "--attach=" + attach, "-p", "" + program.pid())) {
      program.begin();
      Map<String, Truth> truth = program.truth();
      Result result = memstacks.stop();

      // Where the second image's code lies may be learnt too late to walk its stacks.
      assertThat(result.total())
          .isEqualTo(truth.values().stream().mapToLong(Truth::allBytes).sum());
      assertThat(result.byCaller()).contains(entry("allocate_before_exec", 100_000L));
      assertThat(result.exit()).isIn(0, 3);
      assertThat(result.errors()).doesNotContain("Exception");
      assertThat(program.end()).isZero();
    }
  }

  @EachAttachWay
  void whatThreadsLeaveBehindStaysLive(String attach) throws IOException {
    try (TracedProgram program = TracedProgram.start("threads");
        Memstacks memstacks =
            Memstacks.attach("-f", "--attach=" + attach, "-p", "" + program.pid())) {
      program.begin();
      Map<String, Truth> truth = program.truth();
      Result result = memstacks.stop();

      assertThat(result.byCaller())
          .containsAllEntriesOf(TracedProgram.nonZero(truth, Truth::unfreedBytes));
      assertThat(result.exit()).isZero();
      assertThat(program.end()).isZero();
    }
  }

  @EachAttachWay
  void callsThatWereJumpedOutOfAreMissedAndTheOthersCounted(String attach) throws IOException {
    try (TracedProgram program = TracedProgram.start("jumper");
        Memstacks memstacks =
            Memstacks.attach("-f", "--attach=" + attach, "-p", "" + program.pid())) {
      program.begin();
      Map<String, Truth> truth = program.truth();
      Result result = memstacks.stop();

      assertThat(result.byCaller()).isEqualTo(TracedProgram.nonZero(truth, Truth::unfreedBytes));
      // Of the hundred, one may still have been under way for all that is known.
      assertThat(result.errors())
          .contains(
              "incomplete: at least 99 allocations of up to 97.7 KiB began and were not seen to return; they are not counted");
      assertThat(result.exit()).isEqualTo(3);
      assertThat(program.end()).isZero();
    }
  }

  @EachAttachWay
  void threadsThatEndInsideTheAllocatorLeaveTheOthersCounted(String attach) throws IOException {
    try (TracedProgram program = TracedProgram.start("quitter");
        Memstacks memstacks =
            Memstacks.attach("-f", "--attach=" + attach, "-p", "" + program.pid())) {
      program.begin();
      Map<String, Truth> truth = program.truth();
      Result result = memstacks.stop();

      assertThat(result.byCaller())
          .containsAllEntriesOf(TracedProgram.nonZero(truth, Truth::unfreedBytes))
          .doesNotContainKey("quit_inside");
      // Of the forty, one may still have been under way for all that is known.
      assertThat(result.errors())
          .contains(
              "incomplete: at least 39 allocations of up to 39.1 KiB began and were not seen to return; they are not counted");
      assertThat(result.exit()).isEqualTo(3);
      assertThat(program.end()).isZero();
    }
  }

  @EachAttachWay(with = {"-f", "-af"})
  void whatSignalHandlersAllocateCountsInTheMidstOfAnotherAllocation(String mode, String attach)
      throws IOException {
    try (TracedProgram program = TracedProgram.start("handler");
        Memstacks memstacks =
            Memstacks.attach(mode, "--attach=" + attach, "-p", "" + program.pid())) {
      program.begin();
      Map<String, Truth> truth = program.truth();
      Result result = memstacks.stop();

      assertThat(result.byCaller())
          .isEqualTo(
              TracedProgram.nonZero(
                  truth, mode.equals("-f") ? Truth::unfreedBytes : Truth::allBytes));
      assertThat(result.exit()).isZero();
      assertThat(program.end()).isZero();
    }
  }

  @Test
  void requestsThatWereJumpedOutOfAreRequests() throws IOException {
    try (TracedProgram program = TracedProgram.start("jumper");
        Memstacks memstacks = Memstacks.attach("-af", "-p", "" + program.pid())) {
      program.begin();
      Map<String, Truth> truth = program.truth();
      Result result = memstacks.stop();

      assertThat(result.byCaller()).isEqualTo(TracedProgram.nonZero(truth, Truth::allBytes));
      assertThat(result.exit()).isZero();
      assertThat(program.end()).isZero();
    }
  }

  @EachAttachWay(with = {"-f", "-af"})
  void exceptionsCrossTracedCallersUnharmed(String mode, String attach) throws IOException {
    try (TracedProgram program = TracedProgram.start("thrower");
        Memstacks memstacks =
            Memstacks.attach(mode, "--attach=" + attach, "-p", "" + program.pid())) {
      program.begin();
      Map<String, Truth> truth = program.truth();
      Result result = memstacks.stop();

      assertThat(result.byCaller())
          .containsAllEntriesOf(
              TracedProgram.nonZero(
                  truth, mode.equals("-f") ? Truth::unfreedBytes : Truth::allBytes));
      assertThat(result.exit()).isZero();
      assertThat(program.end()).isZero();
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"-f", "-af"})
  void leaksBelowContainersAreNamedByThem(String mode) throws IOException {
    try (TracedProgram program = TracedProgram.start("cxx");
        Memstacks memstacks = Memstacks.attach(mode, "-p", "" + program.pid())) {
      program.begin();
      Map<String, Truth> truth = program.truth();
      Result result = memstacks.stop();

      assertThat(truth).hasSize(4);
      truth.forEach((function, t) ->
          assertThat(result.below(function))
              .as(function)
              .isEqualTo(mode.equals("-f") ? t.unfreedBytes() : t.allBytes()));
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"-f", "-af"})
  void theTargetsEndEndsTheWindow(String mode) throws IOException {
    try (TracedProgram program = TracedProgram.start("groundtruth", "-n", "50000");
        Memstacks memstacks = Memstacks.attach(mode, "-p", "" + program.pid())) {
      program.begin();
      Map<String, Truth> truth = program.truth();
      assertThat(program.end()).isZero();
      Result result = memstacks.result();

      assertThat(result.errors())
          .contains("process " + program.pid() + " ended in the window; this is what it left");
      assertThat(result.exit()).isZero();
      // Joining its threads freed what they had, which no function of the truth had allocated.
      assertThat(result.byCaller())
          .containsAllEntriesOf(
              TracedProgram.nonZero(
                  truth, mode.equals("-f") ? Truth::unfreedBytes : Truth::allBytes));
    }
  }

  /** Nothing more can be seen of it, though it goes on. */
  @Test
  void aMainThreadThatEndsAloneEndsTheWindow() throws IOException {
    try (TracedProgram program = TracedProgram.start("mainless");
        Memstacks memstacks = Memstacks.attach("-f", "-p", "" + program.pid())) {
      program.begin();
      assertThat(program.line()).isEqualTo("alone");
      Result result = memstacks.result();

      assertThat(result.byCaller()).containsEntry("keep_block", 100L);
      assertThat(result.errors())
          .contains(
              "process %d ended its main thread (2 others run on, untraced) in the window"
                  .formatted(program.pid()),
              "incomplete: the process ended its main thread, without which it cannot be traced, and"
                  + " runs on: what it allocates from then on is not counted");
      assertThat(result.exit()).isEqualTo(3);
    }
  }

  @Test
  void aTargetThatIsKilledAtOnceLeavesWhatItHadByName() throws IOException {
    try (TracedProgram program = TracedProgram.start("threads");
        Memstacks memstacks = Memstacks.attach("-f", "-p", "" + program.pid())) {
      program.begin();
      Map<String, Truth> truth = program.truth();
      Signals.send(program.pid(), "KILL");
      Result result = memstacks.result();

      assertThat(result.byCaller())
          .containsAllEntriesOf(TracedProgram.nonZero(truth, Truth::unfreedBytes));
      assertThat(result.errors()).contains("ended in the window");
      assertThat(result.exit()).isZero();
    }
  }

  /** Kernels from 6.11 to 6.14 let such a filter kill it at the first return probe. */
  @EachAttachWay
  void aSeccompFilterStaysUnharmed(String attach) throws IOException {
    Map<String, String> environment =
        Map.of("LD_PRELOAD", TracedProgram.build("filtered.so").toString());
    try (TracedProgram program = TracedProgram.start(environment, "threads")) {
      assertThat(Files.readString(Path.of("/proc/" + program.pid() + "/status")))
          .contains("\nSeccomp:\t2\n");
      try (Memstacks memstacks =
          Memstacks.attach("-f", "--attach=" + attach, "-p", "" + program.pid())) {
        program.begin();
        Map<String, Truth> truth = program.truth();

        assertThat(memstacks.stop().byCaller())
            .containsAllEntriesOf(TracedProgram.nonZero(truth, Truth::unfreedBytes));
        assertThat(program.end()).isZero();
      }
    }
  }

  @Test
  void nothingHappenedIsAnEmptyResult() throws IOException {
    try (TracedProgram program = TracedProgram.start("idle");
        Memstacks memstacks = Memstacks.attach("-f", "-p", "" + program.pid(), "1")) {
      Result result = memstacks.result();

      assertThat(result.lines()).isEmpty();
      assertThat(result.exit()).isZero();
      assertThat(result.errors())
          .matches(
              "memstacks: attached to PID "
                  + program.pid()
                  + "\nmemstacks: 0 blocks of 0 B not freed, in 0 stacks; 0 allocated: 0 freed,"
                  + " 0 moved or resized by realloc, 0 not freed"
                  + "\nmemstacks: resident memory grew by .* meanwhile; blocks not freed hold 0 B\n");
    }
  }
}
