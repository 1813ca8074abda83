package org.memstacks.live;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.lang.ProcessBuilder.Redirect;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.memstacks.live.Memstacks.Result;
import org.memstacks.live.TracedProgram.Truth;

/** The table of live blocks grows while they are recorded, and nothing gets lost over it. */
@LiveKernel
class GrowthTest {
  private static final long MIB = 1 << 20;

  @ParameterizedTest
  @CsvSource({"session, 1", "session, 4", "perf, 2"})
  void blocksThatOutgrowTheTableAreAllThere(String attach, String threads) throws IOException {
    try (TracedProgram program = TracedProgram.start("grower", "400000", threads);
        Memstacks memstacks =
            Memstacks.attach("-f", "-v", "--attach=" + attach, "-p", "" + program.pid())) {
      long atBegin = kernelBytes(memstacks);
      assertThat(atBegin).isLessThan(64 * MIB);
      program.begin();
      Map<String, Truth> truth = program.truth();
      assertThat(kernelBytes(memstacks)).as("after it has grown").isGreaterThan(atBegin + 10 * MIB);
      Result result = memstacks.stop();

      assertThat(result.byCaller())
          .containsAllEntriesOf(TracedProgram.nonZero(truth, Truth::unfreedBytes))
          .doesNotContainKeys("grower_frees", "grower_frees_later");
      assertThat(result.counter("ALLOCATIONS") - result.counter("FREED_BLOCKS"))
          .isBetween(400_000L, 400_008L);
      assertThat(result.counter("REPLACED")).isZero();
      assertThat(result.errors()).doesNotContain("incomplete");
      assertThat(result.exit()).isZero();
    }
  }

  /**
   * What others took meanwhile in the collector's cgroup leaves no room for a larger table, nor for
   * all that the overflow of a table that may become very large would hold.
   */
  @ParameterizedTest
  @ValueSource(strings = {"2000000", "10000000"})
  void whereMemoryIsShortTheTableStaysAndWhatIsLostIsSaid(String most, @TempDir Path directory)
      throws IOException {
    try (Cgroup group = Cgroup.withLimit(400 * MIB);
        TracedProgram program = TracedProgram.start("grower", "800000", "2");
        Memstacks memstacks =
            Memstacks.run(
                Redirect.PIPE,
                group.command(Memstacks.java(List.of("-Xmx64m"))),
                "-f",
                "-v",
                "--max-live-blocks=" + most,
                "-p",
                "" + program.pid())) {
      memstacks.awaitAttached();
      group.leaveFree(50 * MIB, directory.resolve("ballast"));
      program.begin();
      Map<String, Truth> truth = program.truth();
      Result result = memstacks.stop();

      assertThat(result.errors())
          .containsPattern(
              "incomplete: lost [0-9,]+ blocks of [0-9.]+ MiB: the table of live blocks is full, it"
                  + " could not grow by 12 MiB: only [0-9]+ MiB are to spare \\("
                  + group.limitFile()
                  + "\\); --force lets it\n");
      assertThat(result.exit()).isEqualTo(3);
      assertThat(result.byCaller().get("grower_keeps"))
          .isPositive()
          .isLessThan(truth.get("grower_keeps").unfreedBytes());
      assertThat(result.counter("ALLOCATIONS") + result.counter("LOST_BLOCKS"))
          .isBetween(1_600_000L, 1_600_016L);
    }
  }

  /** By default the whole of it stays small, however much is traced. */
  @Test
  @Tag("slow")
  void whatIsTakenByDefaultStaysBelow256MiB() throws IOException {
    try (TracedProgram program = TracedProgram.start("grower", "3000000", "2");
        Memstacks memstacks = installed("-f", "-v", "-p", "" + program.pid())) {
      memstacks.awaitAttached();
      program.begin();
      Map<String, Truth> truth = program.truthWithin(120);
      long kernel = kernelBytes(memstacks);
      Result result = memstacks.stop();

      assertThat(result.byCaller())
          .containsAllEntriesOf(TracedProgram.nonZero(truth, Truth::unfreedBytes));
      assertThat(result.exit()).isZero();
      assertThat(kernel + ownBytes(result)).isLessThan(256 * MIB);
    }
  }

  /** Nor do many stacks make it large, shallow or deep, which are read out besides. */
  @ParameterizedTest
  @CsvSource({"15, 4, 90", "16, 0, 45", "14, 7, 10"})
  @Tag("slow")
  void theReadOutOfManyStacksStaysBelow256MiBAsWell(String bits, String deeper, String blocks)
      throws IOException {
    try (TracedProgram program = TracedProgram.start("brancher", bits, deeper, blocks);
        Memstacks memstacks = installed("-f", "-v", "-p", "" + program.pid())) {
      memstacks.awaitAttached();
      program.begin();
      Map<String, Truth> truth = program.truthWithin(120);
      long kernel = kernelBytes(memstacks);
      Result result = memstacks.stop();

      assertThat(result.total()).isEqualTo(truth.get("brancher_keeps").unfreedBytes());
      assertThat(kernel + ownBytes(result)).isLessThan(256 * MIB);
    }
  }

  @Test
  @Tag("slow")
  void tenMillionBlocksFitIntoAGigabyteAndAreReadInTenSeconds() throws IOException {
    try (TracedProgram program = TracedProgram.start("grower", "10000000", "2");
        Memstacks memstacks =
            Memstacks.attach("-f", "-v", "--max-live-blocks=10200000", "-p", "" + program.pid())) {
      program.begin();
      Map<String, Truth> truth = program.truthWithin(300);
      long kernel = kernelBytes(memstacks);
      long begin = System.nanoTime();
      Result result = memstacks.stop();
      Duration readOut = Duration.ofNanos(System.nanoTime() - begin);

      assertThat(result.byCaller())
          .containsAllEntriesOf(TracedProgram.nonZero(truth, Truth::unfreedBytes));
      assertThat(result.errors()).doesNotContain("incomplete");
      assertThat(result.exit()).isZero();
      assertThat(kernel).isBetween(240 * MIB, 1024 * MIB);
      assertThat(readOut).isLessThan(Duration.ofSeconds(10));
    }
  }

  /** As its users start it: what it takes by default is the launcher's choice too. */
  private static Memstacks installed(String... args) throws IOException {
    String command = Installation.of().resolve("bin/memstacks").toString();
    return Memstacks.run(Redirect.PIPE, List.of(command), args);
  }

  /** What the kernel itself says that the collector's maps take. */
  private static long kernelBytes(Memstacks memstacks) throws IOException {
    long bytes = 0;
    Path descriptors = Path.of("/proc/" + memstacks.process().pid() + "/fdinfo");
    try (var files = Files.newDirectoryStream(descriptors)) {
      for (Path file : files) {
        bytes += memlock(file);
      }
    }
    assertThat(bytes).isPositive();
    return bytes;
  }

  /** Of one descriptor; none where the collector closed it meanwhile. */
  private static long memlock(Path descriptor) throws IOException {
    try {
      return Files.readAllLines(descriptor).stream()
          .filter(line -> line.startsWith("memlock:"))
          .mapToLong(line -> Long.parseLong(line.substring(8).strip()))
          .sum();
    } catch (NoSuchFileException closed) {
      return 0;
    }
  }

  /** What it says of itself at the end. */
  private static long ownBytes(Result result) {
    Matcher own = Pattern.compile("memstacks itself ([0-9.]+) MiB\n").matcher(result.errors());
    assertThat(own.find()).isTrue();
    double mib = Double.parseDouble(own.group(1));
    while (own.find()) {
      mib = Double.parseDouble(own.group(1));
    }
    return (long) (mib * MIB);
  }
}
