package org.memstacks.live;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.lang.ProcessBuilder.Redirect;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.memstacks.live.Memstacks.Result;

/**
 * The leak of each example ranks first, as growing, and nothing else is called so: neither their
 * own caches, nor the 14,000 blocks that a preloaded library keeps in flight in every way it knows.
 */
@LiveKernel
@Execution(ExecutionMode.CONCURRENT)
class LeakVerdictTest {
  private static final Pattern ROW =
      Pattern.compile(
          " *(?<bytes>\\S+ \\w+) +(?<blocks>[0-9,]+) +[+-]\\S+ \\w+/s +\\S+ \\w+ +[0-9]+/[0-9]+  "
              + "(?<verdict>growing|steady|in flight|too early) +(?<path>.*)");

  private static final int RUNS = 20;

  /** Until caches are full: before, they grow indeed. */
  private static final int FILLING_MILLIS = 15_000;

  private record Row(String verdict, String path, long blocks) {}

  @ParameterizedTest
  @CsvSource({"c-server, 0 2000, new_session, --debug", "log-reader, 200, open_segment, --mmap"})
  void theLeakIsFound(String example, String arguments, String leak, String option)
      throws Exception {
    judge(example, arguments, leak, option, 1);
  }

  @ParameterizedTest
  @Tag("slow")
  @Timeout(1800)
  @CsvSource({
    "c-server, 0 2000, new_session, --debug",
    "cpp-server, 3000, watch_once, --debug",
    "sql-proxy, 20000, sql::Statement::bind, --debug",
    "image-decoder, 10000, new_picture, --debug",
    "cgo-service, 5000, normalized, --debug",
    "log-reader, 200, open_segment, --mmap"
  })
  void theLeakIsFoundEachTime(String example, String arguments, String leak, String option)
      throws Exception {
    judge(example, arguments, leak, option, RUNS);
  }

  @Test
  @Tag("slow")
  @Timeout(1800)
  void aCacheThatIsFullIsNoLeak() throws Exception {
    Process server = start("page-cache", "10000");
    try {
      Thread.sleep(FILLING_MILLIS);
      for (int run = 0; run < RUNS; run++) {
        assertThat(table(server.pid(), "--mmap"))
            .as("run %d", run)
            .isNotEmpty()
            .noneMatch(row -> row.verdict.equals("growing"));
      }
    } finally {
      server.destroyForcibly();
      server.onExit().join();
    }
  }

  private static void judge(String example, String arguments, String leak, String option, int runs)
      throws Exception {
    if (example.startsWith("cgo")) {
      Assumptions.assumeTrue(isInstalled("go"), "Go is not installed");
    }
    Process server = start(example, arguments);
    try {
      Thread.sleep(FILLING_MILLIS);
      for (int run = 0; run < runs; run++) {
        List<Row> table = table(server.pid(), option);
        assertThat(table.getFirst().verdict).as("%s", table).isEqualTo("growing");
        assertThat(table)
            .as("run %d", run)
            .filteredOn(row -> row.verdict.equals("growing"))
            .allSatisfy(row -> assertThat(row.path).contains(leak));
        assertThat(
                table.stream().filter(r -> r.path.contains("churn")).mapToLong(Row::blocks).sum())
            .as("blocks in flight: %s", table)
            .isGreaterThan(10_000);
      }
    } finally {
      server.destroyForcibly();
      server.onExit().join();
    }
  }

  private static boolean isInstalled(String program) {
    return Arrays.stream(System.getenv("PATH").split(":"))
        .anyMatch(directory -> Files.isExecutable(Path.of(directory, program)));
  }

  private static List<Row> table(long pid, String option) throws IOException {
    try (Memstacks memstacks =
        Memstacks.start(
            option, "-p", "" + pid, "--interval", "6", "--intervals", "3", "--top", "1000")) {
      Result result = memstacks.result();
      assertThat(result.exit()).as(result.errors()).isZero();
      assertThat(result.lines()).filteredOn(line -> line.startsWith("after ")).hasSize(3);
      List<Row> rows = new ArrayList<>();
      for (String line : result.lines()) {
        Matcher row = ROW.matcher(line);
        if (line.startsWith("after ")) {
          rows.clear();
        } else if (row.matches()) {
          rows.add(
              new Row(
                  row.group("verdict"),
                  row.group("path"),
                  Long.parseLong(row.group("blocks").replace(",", ""))));
        }
      }
      return rows;
    }
  }

  private static Process start(String example, String arguments) throws Exception {
    Path directory = Checkout.root().resolve("examples/" + example);
    Process make = new ProcessBuilder("make", "-s", "-C", directory.toString()).inheritIO().start();
    assertThat(make.waitFor()).as("make").isZero();
    List<String> command = new ArrayList<>(List.of(directory + "/build/" + example));
    command.addAll(List.of(arguments.split(" ")));
    ProcessBuilder builder =
        new ProcessBuilder(command)
            .redirectOutput(Redirect.DISCARD)
            .redirectError(Redirect.DISCARD);
    builder.environment().put("LD_PRELOAD", TracedProgram.build("churn.so").toString());
    return builder.start();
  }
}
