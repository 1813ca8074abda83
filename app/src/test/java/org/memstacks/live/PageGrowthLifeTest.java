package org.memstacks.live;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.abort;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.memstacks.live.Memstacks.Result;
import org.memstacks.live.TracedProgram.Truth;

/**
 * What may happen to a process and its pages while they are looked at: exec, its end, swap, huge
 * pages of hugetlbfs, as many mappings as the kernel allows.
 */
@LiveKernel
class PageGrowthLifeTest {
  private static final Pattern NO_ROOM = Pattern.compile("incomplete: no room for ([0-9,]+) pages");

  private static final int MOST_MAPPINGS = 65_530;

  @Test
  void anExecEndsTheWindowWithWhatTheOldProgramBrought() throws IOException {
    execEndsTheWindow(TracedProgram.start("pagelife", "exec"));
  }

  /** Then the new program's code lies where the old one's lay. */
  @Test
  void namesAreThoseOfTheOldProgramWhereTheNewOneLies() throws IOException {
    execEndsTheWindow(
        TracedProgram.start(
            Map.of(),
            List.of(
                "setarch",
                "--addr-no-randomize",
                TracedProgram.build("pagelife").toString(),
                "exec")));
  }

  private static void execEndsTheWindow(TracedProgram started) throws IOException {
    try (TracedProgram program = started;
        Memstacks collector = attach(program)) {
      program.begin();
      program.truth();
      program.begin();
      Result result = collector.result();

      assertThat(result.below("keep")).isEqualTo(100);
      assertThat(result.lines()).allMatch(line -> line.startsWith("pagelife;"));
      assertThat(result.errors())
          .contains("incomplete: the process executed another program in the window")
          .doesNotContain("Exception");
      assertThat(result.exit()).isEqualTo(3);
    }
  }

  @Test
  void aProcessThatEndsLeavesWhatItBrought() throws IOException {
    try (TracedProgram program = TracedProgram.start("pagelife");
        Memstacks collector = attach(program)) {
      program.begin();
      program.truth();
      assertThat(program.end()).isZero();
      Result result = collector.result();

      assertThat(result.below("keep")).isEqualTo(100);
      assertThat(result.errors()).contains("incomplete: the process ended in the window");
      assertThat(result.exit()).isEqualTo(3);
    }
  }

  /** The zero page takes no memory, also where no look sees it. */
  @Test
  void pagesThatWereOnlyReadBeforeTheEndAreNotAmongThem() throws IOException {
    try (TracedProgram program = TracedProgram.start("pagelife", "read");
        Memstacks collector = attach(program)) {
      program.begin();
      program.truth();
      assertThat(program.end()).isZero();
      Result result = collector.result();

      assertThat(result.below("only_read")).isZero();
      assertThat(result.below("keep")).isEqualTo(100);
      assertThat(result.errors()).contains("without pages that were only read");
      assertThat(result.exit()).isEqualTo(3);
    }
  }

  @Test
  void asManyMappingsAsTheKernelAllowsAreLookedAt() throws IOException {
    int limit = setting(Path.of("/proc/sys/vm/max_map_count"));
    int mappings = Math.min(MOST_MAPPINGS, limit) - 100;
    Map<String, Truth> truth = Map.of();
    Result result;
    try (TracedProgram program = TracedProgram.start("pagelife", "mappings", "" + mappings);
        Memstacks collector = attach(program)) {
      program.begin();
      truth = program.truth();
      result = collector.stop();
    }

    assertThat(truth.get("keep_mappings").unfreedBlocks()).isEqualTo(mappings);
    assertThat(result.below("keep_mappings")).isEqualTo(mappings);
    assertThat(result.exit()).isZero();
  }

  /** A probe would take one that the process has not left. */
  @Test
  void aProcessThatHasAsManyMappingsAsTheKernelAllowsIsTracedByItsFaultsAlone() throws IOException {
    int limit = setting(Path.of("/proc/sys/vm/max_map_count"));
    Result result;
    try (TracedProgram program = TracedProgram.start("pagelife", "full", "" + 2 * limit);
        Memstacks collector = attach(program)) {
      program.begin();
      program.truth();
      assertThat(Files.readString(Path.of("/proc/%d/maps".formatted(program.pid()))))
          .doesNotContain("[uprobes]");
      result = collector.stop();
      assertThat(program.end()).isZero();
    }

    assertThat(result.below("keep")).isEqualTo(100);
    assertThat(result.errors())
        .contains("were not followed (the process has ")
        .contains("raise the limit first, sysctl -w vm.max_map_count=" + 2 * limit);
    assertThat(result.exit()).isZero();
  }

  /** Which of the pages without a record lacked room is not known. */
  @Test
  void pagesForWhichThereIsNoRoomAreNotSaidToHaveComeWithoutAFault() throws IOException {
    Map<String, Truth> truth;
    Result result;
    try (TracedProgram program = TracedProgram.start("pagelife", "sparse");
        Memstacks collector = attach(program, "--max-pages", "100")) {
      program.begin();
      truth = program.truth();
      result = collector.stop();
    }

    long unrecorded = result.below("[not recorded]");
    assertThat(unrecorded).isBetween(2000L, 3999L);
    assertThat(result.below("keep_sparse") + unrecorded)
        .isEqualTo(truth.get("keep_sparse").unfreedBlocks())
        .isEqualTo(4000);
    Matcher lost = NO_ROOM.matcher(result.errors());
    assertThat(lost.find()).as(result.errors()).isTrue();
    // Some of those for which there was no room, the program's code, are explained by their
    // neighbours.
    assertThat(Long.parseLong(lost.group(1).replace(",", "")))
        .isBetween(unrecorded, unrecorded + 100);
    assertThat(result.errors())
        .contains(
            "incomplete: %,d of ".formatted(unrecorded),
            " have no record, since it was lost as said, or since they came without a fault or a"
                + " call that was seen: they are under [not recorded]")
        .doesNotContain("[no fault seen]");
    assertThat(result.exit()).isEqualTo(3);
  }

  @Test
  void hugePagesOfHugetlbfsAreOnALineOfTheirOwn() throws IOException {
    Result result = withHugePages(8, () -> traced("hugetlb"));

    assertThat(result.lines())
        .filteredOn(line -> Result.stack(line).contains(";keep_huge;"))
        .hasSize(1)
        .allMatch(line -> line.startsWith("pagelife;[hugetlb];") && line.endsWith(" 1536"));
    assertThat(result.below("keep")).isEqualTo(100);
    PageGrowth.assertBalanced(result);
    assertThat(result.errors()).contains("1,536 pages (6.0 MiB) of hugetlbfs");
    assertThat(result.exit()).isZero();
  }

  @Test
  void pagesInSwapAreOnALineOfTheirOwnAndThoseThatCameBackAreGrowth() throws IOException {
    Result result = withSwap(() -> traced("swap"));

    assertThat(result.below("keep")).isEqualTo(100);
    assertThat(result.lines())
        .filteredOn(line -> Result.stack(line).contains(";keep_half;"))
        .extracting(line -> line.startsWith("pagelife;[swapped out];") + " " + Result.value(line))
        .containsExactlyInAnyOrder("true 50", "false 50");
    assertThat(result.below("swap_in")).isEqualTo(40);
    PageGrowth.assertBalanced(result);
    assertThat(result.errors())
        .contains("; 40 pages (160.0 KiB) that were are gone; resident set")
        .contains("50 pages (200.0 KiB) came and are in swap now");
    assertThat(result.exit()).isZero();
  }

  /** Automatic NUMA balancing makes pages fault that are there, to see who uses them. */
  @Test
  @Tag("slow")
  void pagesThatTheKernelMakesFaultStillBelongToWhoBroughtThem() throws IOException {
    Path setting = Path.of("/proc/sys/kernel/numa_balancing");
    assumeTrue(Files.isWritable(setting), "the kernel has no automatic NUMA balancing");
    int before = setting(setting);
    long hints = numaHints();
    Result result;
    try {
      Files.writeString(setting, "1");
      result = traced("numa");
    } finally {
      Files.writeString(setting, "" + before);
    }
    assumeTrue(numaHints() - hints > 1000, "the kernel gave no NUMA hints");

    assertThat(result.below("keep_many")).isEqualTo(20_000);
    assertThat(result.below("read_again")).isZero();
  }

  private static long numaHints() throws IOException {
    return Files.readAllLines(Path.of("/proc/vmstat")).stream()
        .filter(line -> line.startsWith("numa_hint_faults "))
        .mapToLong(line -> Long.parseLong(line.substring(line.indexOf(' ') + 1)))
        .sum();
  }

  private static Memstacks attach(TracedProgram program, String... options) throws IOException {
    List<String> all = new ArrayList<>(List.of("-p", "" + program.pid(), "-f"));
    all.addAll(List.of(options));
    return Memstacks.attachPgfaultstacks(all.toArray(String[]::new));
  }

  private static Result traced(String what) throws IOException {
    try (TracedProgram program = TracedProgram.start("pagelife", what);
        Memstacks collector = attach(program)) {
      program.begin();
      program.truth();
      return collector.stop();
    }
  }

  private static Result withHugePages(int pages, Callable<Result> work) throws IOException {
    Path setting = Path.of("/proc/sys/vm/nr_hugepages");
    if (!Files.isWritable(setting)) {
      abort("huge pages cannot be reserved: " + setting);
    }
    int before = setting(setting);
    try {
      Files.writeString(setting, "" + (before + pages));
      if (setting(setting) - before < pages) {
        abort("the kernel has no " + pages + " huge pages to reserve");
      }
      return call(work);
    } finally {
      Files.writeString(setting, "" + before);
    }
  }

  /**
   * At one go: the kernel gives a number to the first read alone, and readString begins with a
   * byte.
   */
  private static int setting(Path file) throws IOException {
    return Integer.parseInt(Files.readAllLines(file).getFirst());
  }

  private static Result withSwap(Callable<Result> work) throws IOException {
    Path file = Checkout.root().resolve("app/target/swap");
    try {
      String shell =
          "umask 077; dd if=/dev/zero of=\"$0\" bs=1M count=16 && mkswap \"$0\" && swapon \"$0\"";
      if (command("sh", "-c", shell, file.toString()) != 0) {
        abort("no swap file can be used here: " + file);
      }
      return call(work);
    } finally {
      command("swapoff", file.toString());
      Files.deleteIfExists(file);
    }
  }

  private static int command(String... words) throws IOException {
    Process process =
        new ProcessBuilder(List.of(words))
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
            .start();
    return TracedProgram.Timed.within(60, process::waitFor);
  }

  private static Result call(Callable<Result> work) throws IOException {
    try {
      return work.call();
    } catch (IOException | RuntimeException e) {
      throw e;
    } catch (Exception e) {
      throw new IOException(e);
    }
  }
}
