package org.memstacks.live;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.memstacks.live.Memstacks.Result;

/** Real programs that grow: nearly all of their new pages belong to a stack. */
@LiveKernel
@Tag("slow")
class PageGrowthOfProgramsTest {
  private static final String SECONDS = "8";
  private static final double ATTRIBUTED = 0.99;

  @Test
  void redisThatIsFilled(@TempDir Path directory) throws Exception {
    assumeTrue(Files.exists(Path.of("/usr/bin/redis-benchmark")), "redis is not installed");
    String socket = directory.resolve("socket").toString();
    try (Program server =
        new Program(
            "redis-server",
            "--port",
            "0",
            "--unixsocket",
            socket,
            "--dir",
            directory.toString(),
            "--save",
            "",
            "--appendonly",
            "no")) {
      server.awaitFile(Path.of(socket));
      try (Memstacks collector = attach(server);
          Program load =
              new Program(
                  "redis-benchmark",
                  "-s",
                  socket,
                  "-n",
                  "10000000",
                  "-d",
                  "400",
                  "-r",
                  "10000000",
                  "-P",
                  "16",
                  "-t",
                  "set,lpush,hset",
                  "-q")) {
        Result result = collector.result();

        assertAttributed(result, 5_000);
        assertThat(load.isAlive()).isTrue();
      }
    }
  }

  @Test
  void pythonThatBuildsData() throws Exception {
    assumeTrue(Files.exists(Path.of("/usr/bin/python3")), "python3 is not installed");
    try (Program python = new Program("/usr/bin/python3", program("growth.py"))) {
      Thread.sleep(500);
      try (Memstacks collector = attach(python)) {
        assertAttributed(collector.result(), 10_000);
      }
    }
  }

  /** Its own frames are complete only if they keep frame pointers. */
  @ParameterizedTest
  @CsvSource({"-XX:+PreserveFramePointer, true", "-XX:-PreserveFramePointer, false"})
  void jvmThatWarmsUp(String option, boolean complete) throws Exception {
    Path java = Path.of(System.getProperty("java.home"), "bin", "java");
    try (Program jvm = new Program(java.toString(), option, "-Xmx1g", program("Warmup.java"))) {
      Thread.sleep(500);
      try (Memstacks collector = attach(jvm)) {
        Thread.sleep(6_000);
        new ProcessBuilder(
                java.resolveSibling("jcmd").toString(), "" + jvm.pid(), "Compiler.perfmap")
            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
            .start();
        Result result = collector.result();

        assertAttributed(result, 20_000);
        assertThat(result.exit()).isEqualTo(complete ? 0 : 3);
        assertThat(result.lines()).anyMatch(line -> line.contains("Warmup.") == complete);
      }
    }
  }

  private static Memstacks attach(Program program) throws IOException {
    return Memstacks.attachPgfaultstacks("-p", "" + program.pid(), "-f", SECONDS);
  }

  private static void assertAttributed(Result result, long least) {
    long unexplained =
        result.below("[no fault seen]") + result.below("[no stack: stack store full]");
    assertThat(result.total()).as(result.errors()).isGreaterThan(least);
    assertThat(unexplained)
        .as(result.errors())
        .isLessThanOrEqualTo((long) ((1 - ATTRIBUTED) * result.total()));
    assertThat(result.errors()).doesNotContain("growth less what went");
  }

  private static String program(String name) {
    return Checkout.root().resolve("app/src/test/programs").resolve(name).toString();
  }

  /** A program that is ended, at once, when the test ends. */
  private static final class Program implements AutoCloseable {
    private final Process process;

    Program(String... command) throws IOException {
      process =
          new ProcessBuilder(new ArrayList<>(List.of(command)))
              .redirectErrorStream(true)
              .redirectOutput(ProcessBuilder.Redirect.DISCARD)
              .start();
    }

    long pid() {
      return process.pid();
    }

    boolean isAlive() {
      return process.isAlive();
    }

    void awaitFile(Path file) throws Exception {
      for (int waited = 0; !Files.exists(file); waited += 50) {
        assertThat(process.isAlive() && waited < 10_000).as("%s comes", file).isTrue();
        Thread.sleep(50);
      }
    }

    @Override
    public void close() throws IOException {
      process.destroyForcibly();
      TracedProgram.Timed.within(10, () -> process.waitFor(10, TimeUnit.SECONDS));
      Files.deleteIfExists(Path.of("/tmp/perf-" + process.pid() + ".map"));
    }
  }
}
