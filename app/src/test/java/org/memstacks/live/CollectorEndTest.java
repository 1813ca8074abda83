package org.memstacks.live;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.lang.ProcessBuilder.Redirect;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.memstacks.live.Memstacks.Result;
import org.memstacks.live.TracedProgram.Truth;

/**
 * However the collector ends, its result is written if at all possible, and the target unharmed.
 */
@LiveKernel
@Execution(ExecutionMode.CONCURRENT)
class CollectorEndTest {
  private static final byte BREAKPOINT = (byte) 0xcc;

  @TempDir Path directory;

  @ParameterizedTest
  @ValueSource(strings = {"INT", "TERM"})
  void aSignalEndsTheWindowEarly(String signal) throws IOException {
    try (TracedProgram program = TracedProgram.start("threads");
        Memstacks memstacks = Memstacks.attach("-f", "-p", "" + program.pid(), "3600")) {
      program.begin();
      Map<String, Truth> truth = program.truth();
      Signals.send(memstacks.process().pid(), signal);
      Result result = memstacks.result();

      assertThat(result.exit()).isZero();
      assertThat(result.byCaller())
          .containsAllEntriesOf(TracedProgram.nonZero(truth, Truth::unfreedBytes));
    }
  }

  @Test
  void theDurationEndsTheWindow() throws IOException {
    try (TracedProgram program = TracedProgram.start("threads");
        Memstacks memstacks = Memstacks.attach("-f", "-p", "" + program.pid(), "2")) {
      program.begin();
      Map<String, Truth> truth = program.truth();
      Result result = memstacks.result();

      assertThat(result.exit()).isZero();
      assertThat(result.byCaller())
          .containsAllEntriesOf(TracedProgram.nonZero(truth, Truth::unfreedBytes));
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"session", "multi", "perf"})
  void aKilledCollectorLeavesNothingInTheTarget(String attach) throws Exception {
    try (TracedProgram program = TracedProgram.start("groundtruth")) {
      Code code = Code.ofLibc(program.pid());
      byte[] before = code.bytes();
      try (Memstacks memstacks =
          Memstacks.attach("-v", "--attach=" + attach, "-p", "" + program.pid())) {
        assertThat(differences(before, code.bytes()))
            .as("bytes changed while it is traced")
            .isGreaterThan(5);
        program.begin();
        // In the midst of the work, with calls between entry and return.
        Thread.sleep(200);
        Signals.send(memstacks.process().pid(), "KILL");
        assertThat(memstacks.process().waitFor(20, TimeUnit.SECONDS)).isTrue();
      }
      Map<String, Truth> truth = program.truth();

      for (int i = 0; i < 100 && differences(before, code.bytes()) > 0; i++) {
        Thread.sleep(50);
      }
      assertThat(differences(before, code.bytes())).as("bytes left changed").isZero();
      assertThat(truth).hasSizeGreaterThan(20);
      assertThat(program.end()).isZero();
    }
  }

  @Test
  void twoCollectorsOnOneProcessBothCountRight() throws IOException {
    try (TracedProgram program = TracedProgram.start("groundtruth", "-n", "100000");
        Memstacks one = Memstacks.attach("-f", "-p", "" + program.pid());
        Memstacks two = Memstacks.attach("-f", "--attach=perf", "-p", "" + program.pid());
        Memstacks all = Memstacks.attach("-af", "-p", "" + program.pid())) {
      program.begin();
      Map<String, Truth> truth = program.truth();
      Map<String, Long> unfreed = TracedProgram.nonZero(truth, Truth::unfreedBytes);

      assertThat(one.stop().byCaller()).containsAllEntriesOf(unfreed);
      assertThat(two.stop().byCaller()).containsAllEntriesOf(unfreed);
      assertThat(all.stop().byCaller())
          .containsAllEntriesOf(TracedProgram.nonZero(truth, Truth::allBytes));
      assertThat(program.end()).isZero();
    }
  }

  @Test
  void aReaderThatLeftIsNoNews() throws Exception {
    Path pipe = directory.resolve("pipe");
    assertThat(new ProcessBuilder("mkfifo", pipe.toString()).start().waitFor()).isZero();
    RandomAccessFile reader = new RandomAccessFile(pipe.toFile(), "rw");
    try (TracedProgram program = TracedProgram.start("threads");
        Memstacks memstacks =
            Memstacks.start(Redirect.to(pipe.toFile()), "-f", "-p", "" + program.pid())) {
      memstacks.awaitAttached();
      reader.close();
      program.begin();
      program.truth();
      Result result = memstacks.stop();

      assertThat(result.errors()).isEqualTo("memstacks: attached to PID " + program.pid() + "\n");
      assertThat(result.exit()).isEqualTo(1);
    }
  }

  @Test
  void aFullDiskIsNamed() throws IOException {
    try (TracedProgram program = TracedProgram.start("threads");
        Memstacks memstacks =
            Memstacks.start(Redirect.to(new File("/dev/full")), "-f", "-p", "" + program.pid())) {
      memstacks.awaitAttached();
      program.begin();
      program.truth();
      Result result = memstacks.stop();

      assertThat(result.exit()).isEqualTo(1);
      assertThat(result.errors())
          .isEqualTo(
              "memstacks: attached to PID "
                  + program.pid()
                  + "\nmemstacks: /dev/full: cannot be written: No space left on device; what it holds of the"
                  + " result is not all\n");
    }
  }

  /** A part of the result fits. */
  @Test
  void aDiskThatBecomesFullIsNamed() throws Exception {
    Path disk = Files.createDirectory(directory.resolve("disk"));
    run("mount", "-t", "tmpfs", "-o", "size=64k", "none", disk.toString());
    try (TracedProgram program = TracedProgram.start("groundtruth", "-n", "20000")) {
      Files.write(disk.resolve("other"), new byte[60 << 10]);
      Path file = disk.resolve("out.stacks");
      try (Memstacks memstacks =
          Memstacks.start(
              Redirect.to(file.toFile()), "-af", "--modules", "-p", "" + program.pid())) {
        memstacks.awaitAttached();
        program.begin();
        program.truth();
        Result result = memstacks.stop();

        assertThat(result.exit()).isEqualTo(1);
        assertThat(result.errors())
            .endsWith(
                "memstacks: "
                    + file
                    + ": cannot be written: No space left on device; what it holds of the result is"
                    + " not all\n");
        assertThat(Files.size(file)).isEqualTo(4 << 10);
      }
    } finally {
      run("umount", disk.toString());
    }
  }

  private static void run(String... command) throws Exception {
    assertThat(new ProcessBuilder(command).inheritIO().start().waitFor()).isZero();
  }

  private static int differences(byte[] before, byte[] now) {
    int count = 0;
    for (int at = Arrays.mismatch(before, now); at >= 0; ) {
      assertThat(now[at]).isEqualTo(BREAKPOINT);
      count++;
      int next = Arrays.mismatch(before, at + 1, before.length, now, at + 1, now.length);
      at = next < 0 ? -1 : at + 1 + next;
    }
    return count;
  }

  /** The code of the C library as it lies in a process. */
  private record Code(int pid, long start, int length) {
    static Code ofLibc(int pid) throws IOException {
      String line =
          Files.readAllLines(Path.of("/proc/" + pid + "/maps")).stream()
              .filter(l -> l.contains(" r-xp ") && l.endsWith("/libc.so.6"))
              .findFirst()
              .orElseThrow();
      String[] range = line.substring(0, line.indexOf(' ')).split("-");
      long start = Long.parseLong(range[0], 16);
      return new Code(pid, start, Math.toIntExact(Long.parseLong(range[1], 16) - start));
    }

    byte[] bytes() throws IOException {
      byte[] bytes = new byte[length];
      try (RandomAccessFile memory = new RandomAccessFile("/proc/" + pid + "/mem", "r")) {
        memory.seek(start);
        memory.readFully(bytes);
      }
      return bytes;
    }
  }
}
