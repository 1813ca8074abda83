package org.memstacks.live;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.lang.ProcessBuilder.Redirect;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.memstacks.live.Memstacks.Result;
import org.memstacks.live.TracedProgram.Truth;

/** A tool for a machine that runs out of memory must not be what kills it. */
@LiveKernel
class FootprintTest {
  private static final long MIB = 1 << 20;

  @ParameterizedTest
  @ValueSource(strings = {"memstacks", "pgfaultstacks"})
  void whereTheCgroupHasNoRoomItRefusesWithTheFigures(String collector) throws IOException {
    try (Cgroup group = Cgroup.withLimit(80 * MIB);
        TracedProgram program = TracedProgram.start("idle");
        Memstacks run =
            Memstacks.run(
                Redirect.PIPE,
                group.command(Memstacks.collector(collector)),
                "-f",
                "-p",
                "" + program.pid(),
                "1")) {
      Result result = run.result();

      assertThat(result.errors())
          .matches(
              collector
                  + ": needs [0-9]+ MiB for its tables and itself, and only [0-9]+ MiB are to spare \\("
                  + group.limitFile()
                  + "\\); lower --[a-z-]+( or --[a-z-]+)?, or take it all the same with --force\n");
      assertThat(result.exit()).isEqualTo(1);
    }
  }

  /** What is room for the tables of one is none for those of eight. */
  @Test
  void theTablesOfSeveralProcessesAreRefusedTogether() throws IOException {
    List<TracedProgram> programs = new ArrayList<>();
    try (Cgroup group = Cgroup.withLimit(250 * MIB)) {
      for (int i = 0; i < 8; i++) {
        programs.add(TracedProgram.start("idle"));
      }
      String all = String.join(",", programs.stream().map(one -> "" + one.pid()).toList());
      List<String> command = group.command(Memstacks.collector("memstacks"));
      String first = "" + programs.getFirst().pid();
      try (Memstacks alone = Memstacks.run(Redirect.PIPE, command, "-f", "-p", first, "1")) {
        assertThat(alone.result().exit()).isZero();
      }
      try (Memstacks run = Memstacks.run(Redirect.PIPE, command, "-f", "-p", all, "1")) {
        Result result = run.result();
        assertThat(result.errors())
            .matches(
                "memstacks: needs [0-9]+ MiB for its tables and itself, and only [0-9]+ MiB are to spare \\("
                    + group.limitFile()
                    + "\\); lower --max-live-blocks or --stack-storage-size or the number of processes,"
                    + " or take it all the same with --force\n");
        assertThat(result.exit()).isEqualTo(1);
      }
    } finally {
      programs.forEach(TracedProgram::close);
    }
  }

  @Test
  void thatIsAcceptedByForce() throws IOException {
    try (Cgroup group = Cgroup.withLimit(140 * MIB);
        TracedProgram program = TracedProgram.start("threads");
        Memstacks memstacks =
            Memstacks.run(
                Redirect.PIPE,
                group.command(Memstacks.collector("memstacks")),
                "-f",
                "--force",
                "-p",
                "" + program.pid())) {
      memstacks.awaitAttached();
      program.begin();
      Map<String, Truth> truth = program.truth();
      Result result = memstacks.stop();

      assertThat(result.byCaller())
          .containsAllEntriesOf(TracedProgram.nonZero(truth, Truth::unfreedBytes));
      assertThat(result.exit()).isZero();
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"memstacks", "pgfaultstacks"})
  void whenMemoryRunsOutItDiesBeforeItsTarget(String collector) throws IOException {
    try (TracedProgram program = TracedProgram.start("idle");
        Memstacks run =
            Memstacks.run(
                Redirect.PIPE, Memstacks.collector(collector), "-p", "" + program.pid())) {
      run.awaitAttached();
      assertThat(adjustment(run.process().pid())).isEqualTo("1000");
      assertThat(adjustment(program.pid())).isNotEqualTo("1000");
      assertThat(run.stop().exit()).isZero();
    }
  }

  private static String adjustment(long pid) throws IOException {
    return Files.readString(Path.of("/proc/" + pid + "/oom_score_adj")).strip();
  }

  @ParameterizedTest
  @ValueSource(strings = {"memstacks", "pgfaultstacks"})
  void whatItTakesIsSaid(String collector) throws IOException {
    try (TracedProgram program = TracedProgram.start("idle");
        Memstacks run =
            Memstacks.run(
                Redirect.PIPE, Memstacks.collector(collector), "-v", "-p", "" + program.pid())) {
      run.awaitAttached();
      assertThat(run.stop().errors())
          .containsPattern(
              collector
                  + ": tables take [0-9.]+ MiB of kernel memory, "
                  + collector
                  + " itself [0-9.]+ MiB\n");
    }
  }
}
