package org.memstacks.live;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.lang.ProcessBuilder.Redirect;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.memstacks.live.Memstacks.Result;
import org.memstacks.target.Zombie;

/** What cannot be done is answered in one to three lines, with nothing on stdout. */
@LiveKernel
@Execution(ExecutionMode.CONCURRENT)
class BadInputTest {
  private static final String DURATION = "the duration is a whole number of seconds from 1 to";

  @ParameterizedTest
  @CsvSource({
    "memstacks,     -p 2147483647, there is no process or thread 2147483647",
    "memstacks,     -t 2147483647, there is no process or thread 2147483647",
    "memstacks,     -p 2, is a kernel thread",
    "pgfaultstacks, -p 2147483647, there is no process or thread 2147483647",
    "pgfaultstacks, -p 2, is a kernel thread",
  })
  void whatIsNoTarget(String collector, String arguments, String said) throws IOException {
    assertThat(refusal(collector, 1, arguments.split(" "))).contains(said);
  }

  @ParameterizedTest
  @ValueSource(strings = {"memstacks", "pgfaultstacks"})
  void aProgramOf32Bits(String collector) throws IOException {
    Process program = new ProcessBuilder(TracedProgram.build("bits32").toString()).start();
    try {
      assertThat(program.inputReader().readLine()).startsWith("pid ");
      assertThat(refusal(collector, 1, "-p", "" + program.pid()))
          .isEqualTo(
              "%s: process %d runs a 32-bit program: only 64-bit ones (x86-64) are traced%n"
                  .formatted(collector, program.pid()));
    } finally {
      program.destroyForcibly();
    }
  }

  /** Page faults are followed at once, until the next program. */
  @ParameterizedTest
  @ValueSource(strings = {"memstacks", "pgfaultstacks"})
  void aProcessThatExecutesOneProgramAfterTheOther(String collector, @TempDir Path directory)
      throws Exception {
    Path script = directory.resolve("again");
    Files.writeString(script, "sleep 0.02\nexec /bin/sh \"$0\"\n");
    Process shell = new ProcessBuilder("/bin/sh", script.toString()).start();
    try (Memstacks run =
        Memstacks.run(
            Redirect.PIPE, Memstacks.collector(collector), "-p", "" + shell.pid(), "60")) {
      Result result = run.result();
      assertThat(result.errors()).contains("executed another program");
      if (collector.equals("memstacks") || result.exit() != 3) {
        assertThat(result.errors())
            .contains("(exec), or itself anew, while its probes were put in")
            .hasLineCount(1);
        assertThat(result.exit()).isEqualTo(1);
      }
    } finally {
      shell.destroyForcibly();
    }
  }

  @Test
  void aReportThatWouldTakeThePlaceOfTheStacks(@TempDir Path directory) throws IOException {
    Path file = directory.resolve("out");
    Redirect stdout = Redirect.to(file.toFile());
    try (TracedProgram program = TracedProgram.start("idle");
        Memstacks run =
            Memstacks.start(stdout, "-p", "" + program.pid(), "--report", "" + file, "1")) {
      Result result = run.result();
      assertThat(result.errors())
          .isEqualTo(
              "memstacks: "
                  + file
                  + ": stdout is written to it: give the report a file of its own\n");
      assertThat(result.exit()).isEqualTo(1);
    }
  }

  /** Whenever that happens: before it is looked at, while probes are put in, or after. */
  @ParameterizedTest
  @ValueSource(strings = {"memstacks", "pgfaultstacks"})
  void aProcessThatEndsMeanwhile(String collector) throws IOException {
    List<String> said = new ArrayList<>();
    for (int i = 1; i <= 8; i++) {
      Process process = new ProcessBuilder("sleep", "0." + i).start();
      try (Memstacks run =
          Memstacks.run(
              Redirect.PIPE, Memstacks.collector(collector), "-p", "" + process.pid(), "5")) {
        Result result = run.result();
        said.add(result.errors());
        assertThat(result.errors())
            .doesNotContain("bpf(", "Exception")
            .containsAnyOf(
                "there is no process or thread " + process.pid(),
                "process %d (sleep) ended before its probes were in".formatted(process.pid()),
                "process %d ended while it was looked at".formatted(process.pid()),
                "ended in the window");
      } finally {
        process.destroyForcibly();
      }
    }
    assertThat(said).anyMatch(errors -> errors.contains("ended before its probes were in"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"memstacks", "pgfaultstacks"})
  void aProcessThatHasEndedAndWaitsForItsParent(String collector) throws IOException {
    try (Zombie zombie = Zombie.start()) {
      assertThat(refusal(collector, 1, "-p", "" + zombie.pid()))
          .contains("waits for its parent (zombie)");
    }
  }

  /** It is no zombie whose parent could end it. */
  @ParameterizedTest
  @ValueSource(strings = {"memstacks", "pgfaultstacks"})
  void aProcessWhoseMainThreadHasEnded(String collector) throws IOException {
    try (TracedProgram program = TracedProgram.start("mainless")) {
      program.begin();
      assertThat(program.line()).isEqualTo("alone");

      assertThat(refusal(collector, 1, "-p", "" + program.pid()))
          .contains(
              "process " + program.pid() + " (mainless) has ended its main thread (pthread_exit)",
              " while 2 others run on: it cannot be traced");
    }
  }

  @ParameterizedTest
  @CsvSource({
    "-p SELF 0, " + DURATION,
    "-p SELF -1, " + DURATION,
    "-p SELF abc, " + DURATION,
    "-p SELF 1e9, " + DURATION,
    "-p SELF --foldd 1, unknown option --foldd; did you mean --folded?",
    "-p SELF -F 1, unknown option -F; did you mean -f?",
    "-p 0 1, -p takes a process ID from 1 to",
    "1, which process?",
  })
  void whatMakesNoSense(String arguments, String said) throws IOException {
    String[] all = arguments.replace("SELF", "" + ProcessHandle.current().pid()).split(" ");
    for (String collector : List.of("memstacks", "pgfaultstacks")) {
      assertThat(refusal(collector, 2, all))
          .contains(said)
          .endsWith("Try '" + collector + " --help'.\n");
    }
  }

  @ParameterizedTest
  @CsvSource({
    "memstacks, -p and -t exclude each other",
    "pgfaultstacks, pages belong to a process, not to a thread"
  })
  void aProcessAndAThreadAtOnce(String collector, String said) throws IOException {
    assertThat(refusal(collector, 2, "-p", "1", "-t", "1")).contains(said);
  }

  @Test
  void anObjectWithoutAName() throws IOException {
    assertThat(refusal("memstacks", 2, "-p", "1", "-O", ""))
        .contains("-O takes a path, a file name, or c for libc, not ''");
  }

  @ParameterizedTest
  @ValueSource(strings = {"memstacks", "pgfaultstacks"})
  void withoutRights(String collector) throws IOException {
    List<String> command = new ArrayList<>(List.of("setpriv", "--bounding-set=-all"));
    command.addAll(Memstacks.collector(collector));
    try (TracedProgram program = TracedProgram.start("idle");
        Memstacks run = Memstacks.run(Redirect.PIPE, command, "-p", "" + program.pid(), "1")) {
      assertThat(refused(run, 1))
          .contains("run as root; lacking are CAP_BPF, CAP_PERFMON, CAP_SYS_PTRACE");
    }
  }

  private static String refusal(String collector, int exit, String... arguments)
      throws IOException {
    try (Memstacks run = Memstacks.run(Redirect.PIPE, Memstacks.collector(collector), arguments)) {
      return refused(run, exit);
    }
  }

  private static String refused(Memstacks run, int exit) throws IOException {
    Result result = run.result();
    assertThat(result.exit()).isEqualTo(exit);
    assertThat(result.lines()).isEmpty();
    assertThat(result.errors().lines()).hasSizeBetween(1, 3);
    return result.errors();
  }
}
