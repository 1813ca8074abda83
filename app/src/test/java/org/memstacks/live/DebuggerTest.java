package org.memstacks.live;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.memstacks.live.Memstacks.Result;
import org.memstacks.live.TracedProgram.Truth;

/** gdb, that is ptrace, on the same process at the same time. */
@LiveKernel
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
          Result result = memstacks.stop();

          assertThat(result.byCaller())
              .containsAllEntriesOf(TracedProgram.nonZero(truth, Truth::unfreedBytes));
          assertThat(result.errors()).contains("is traced by process " + gdb.pid());
          assertThat(result.exit()).isZero();
        }
        assertThat(program.end()).isZero();
        assertThat(gdb.waitFor(30, TimeUnit.SECONDS)).isTrue();
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
