package org.memstacks.live;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.Writer;
import java.lang.ProcessBuilder.Redirect;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.memstacks.live.Memstacks.Result;
import org.memstacks.live.TracedProgram.Truth;

/** gdb, that is ptrace, on the same process at the same time. */
@LiveKernel
@Execution(ExecutionMode.CONCURRENT)
class DebuggerTest {
  private static final Path GDB = Path.of("/usr/bin/gdb");

  @ParameterizedTest
  @ValueSource(strings = {"session", "multi", "perf"})
  void aProcessUnderADebuggerIsTracedAndUnharmed(String attach) throws Exception {
    Assumptions.assumeTrue(Files.exists(GDB), "gdb is not installed");
    try (TracedProgram program = TracedProgram.start("threads")) {
      Process gdb =
          new ProcessBuilder(
                  GDB.toString(), "-nx", "-batch", "-p", "" + program.pid(), "-ex", "continue")
              .redirectErrorStream(true)
              .redirectOutput(ProcessBuilder.Redirect.DISCARD)
              .start();
      try {
        awaitTracer(program.pid());
        try (Memstacks memstacks =
            Memstacks.attach("-f", "--attach=" + attach, "-p", "" + program.pid())) {
          program.begin();
          Map<String, Truth> truth = program.truth();
          memstacks.process().toHandle().destroy();
          memstacks.awaitSaid("the probes stay in until the debugger");
          // It ends, and the debugger with it.
          assertThat(program.end()).isZero();
          assertThat(gdb.waitFor(30, TimeUnit.SECONDS)).isTrue();
          Result result = memstacks.result();

          assertThat(result.byCaller())
              .containsAllEntriesOf(TracedProgram.nonZero(truth, Truth::unfreedBytes));
          assertThat(result.errors()).contains("is traced by process " + gdb.pid());
          assertThat(result.exit()).isZero();
        }
      } finally {
        gdb.destroyForcibly().waitFor();
      }
    }
  }

  /**
   * As docs/troubleshooting.md advises: a breakpoint set on a probed instruction is deleted while
   * memstacks is still there.
   */
  @Test
  void aDebuggerThatComesInTheWindowIsSaidAtOnceAndMayLeaveBeforeTheEnd() throws Exception {
    Assumptions.assumeTrue(Files.exists(GDB), "gdb is not installed");
    try (TracedProgram program = TracedProgram.start("threads");
        Memstacks memstacks = Memstacks.attach("-f", "-p", "" + program.pid())) {
      Process gdb =
          new ProcessBuilder(
                  GDB.toString(),
                  "-nx",
                  "-batch",
                  "-p",
                  "" + program.pid(),
                  "-ex",
                  "break *malloc",
                  "-ex",
                  "break leak_in_thread",
                  "-ex",
                  "continue",
                  "-ex",
                  "delete",
                  "-ex",
                  "detach")
              .redirectErrorStream(true)
              .redirectOutput(ProcessBuilder.Redirect.DISCARD)
              .start();
      try {
        awaitTracer(program.pid());
        memstacks.awaitSaid("is traced by process " + gdb.pid());
        program.begin();
        Map<String, Truth> truth = program.truth();
        assertThat(gdb.waitFor(30, TimeUnit.SECONDS)).isTrue();
        Result result = memstacks.stop();

        assertThat(result.byCaller())
            .containsAllEntriesOf(TracedProgram.nonZero(truth, Truth::unfreedBytes));
        assertThat(result.exit()).isZero();
        assertThat(program.end()).isZero();
      } finally {
        gdb.destroyForcibly().waitFor();
      }
    }
  }

  /** Whoever forgets the breakpoint need not care when memstacks ends. */
  @ParameterizedTest
  @ValueSource(strings = {"memstacks", "pgfaultstacks"})
  void theProbesStayInUntilTheDebuggerHasLeft(String collector) throws Exception {
    Assumptions.assumeTrue(Files.exists(GDB), "gdb is not installed");
    try (TracedProgram program = TracedProgram.start("threads");
        Memstacks traced =
            Memstacks.run(
                Redirect.PIPE, Memstacks.collector(collector), "-f", "-p", "" + program.pid())) {
      traced.awaitAttached();
      Process gdb =
          new ProcessBuilder(GDB.toString(), "-nx", "-q", "-p", "" + program.pid())
              .redirectErrorStream(true)
              .redirectOutput(ProcessBuilder.Redirect.DISCARD)
              .start();
      try (Writer commands = gdb.outputWriter()) {
        commands.write("break *malloc\nbreak *mmap\nbreak leak_in_thread\ncontinue\n");
        commands.flush();
        awaitTracer(program.pid());
        traced.process().toHandle().destroy();
        traced.awaitSaid("the probes stay in until the debugger, process " + gdb.pid());
        program.begin();
        commands.write("delete\ndetach\nquit\n");
        commands.flush();
        assertThat(gdb.waitFor(30, TimeUnit.SECONDS)).isTrue();

        assertThat(program.truth()).isNotEmpty();
        // pgfaultstacks counts the pages that gdb wrote its breakpoints to as brought by nobody
        // seen.
        assertThat(traced.result().exit()).isIn(0, 3);
        assertThat(program.end()).isZero();
      } finally {
        gdb.destroyForcibly().waitFor();
      }
    }
  }

  /** Waits until it is traced and runs again. */
  private static void awaitTracer(int pid) throws IOException, InterruptedException {
    for (int i = 0; i < 600; i++) {
      String status = Files.readString(Path.of("/proc/" + pid + "/status"));
      if (!status.contains("TracerPid:\t0\n") && status.contains("State:\tS")) {
        return;
      }
      Thread.sleep(50);
    }
    throw new IOException("gdb did not attach");
  }
}
