package org.memstacks.live;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.memstacks.live.Memstacks.Result;

/**
 * What kind of memory each page is: told by the page, where one mapping holds several kinds, and by
 * the C library's own books where it is a thread's stack.
 */
@LiveKernel
class PageGrowthKindsTest {
  private static final Path MUSL = Path.of("/usr/bin/musl-gcc");
  private static final int FILE_BYTES = 64 * 4096;
  private static final Pattern WRITES =
      Pattern.compile(
          "([0-9,]+) writes to the zero page, ([0-9,]+) to write-protected pages \\(copied only if"
              + " shared\\)");

  private static final Map<String, String> KINDS =
      Map.ofEntries(
          Map.entry("read_shared", "[file] 64"),
          Map.entry("write_shared", "[file] 63"),
          Map.entry("read_private", "[file] 33"),
          Map.entry("write_private", "[private copy of file] 31"),
          Map.entry("write_zero_device", "[anonymous] 30"),
          Map.entry("write_memfd", "[shared] 29"),
          Map.entry("write_segment", "[shared] 28"),
          Map.entry("write_tmpfs", "[shared] 27"),
          Map.entry("write_nameless", "[shared] 26"),
          Map.entry("write_beside_stack", "[anonymous] 40"));

  /** The program over a file that lies on a disk, where the checkout does. */
  private static PageGrowth run(String program, String what, String... options) throws IOException {
    Path file = Checkout.root().resolve("app/target/pagekinds-" + program + what);
    Files.write(file, new byte[FILE_BYTES]);
    assumeTrue(!Files.getFileStore(file).type().equals("tmpfs"), "the checkout is on tmpfs");
    try {
      return PageGrowth.of(TracedProgram.start(program, file.toString(), what), options);
    } finally {
      Files.deleteIfExists(file);
    }
  }

  /** Kinds and pages of each function. */
  private static Map<String, String> kinds(PageGrowth growth) {
    Map<String, Map<String, Long>> kinds = new TreeMap<>();
    for (String line : growth.result().lines()) {
      List<String> frames = List.of(Result.stack(line).split(";"));
      growth.truth().keySet().stream()
          .filter(frames::contains)
          .forEach(function ->
              kinds
                  .computeIfAbsent(function, f -> new TreeMap<>())
                  .merge(frames.get(1), Result.value(line), Long::sum));
    }
    Map<String, String> texts = new TreeMap<>();
    kinds.forEach((function, pages) -> {
      List<String> parts = new ArrayList<>();
      pages.forEach((kind, count) -> parts.add(kind + " " + count));
      texts.put(function, String.join(", ", parts));
    });
    return texts;
  }

  /**
   * One thread is on a CPU all the time, the other has its stack amid data in the same mapping; a
   * stack's function has a page or two around what it writes.
   */
  @ParameterizedTest
  @ValueSource(strings = {"pagekinds", "pagekinds-musl"})
  void eachPageIsOfItsOwnKind(String program) throws IOException {
    assumeTrue(!program.endsWith("-musl") || Files.exists(MUSL), "musl-tools is not installed");
    PageGrowth run = run(program, "", "--by-mapping");

    assertThat(kinds(run)).containsAllEntriesOf(KINDS);
    assertThat(kinds(run).get("use_busy_stack")).matches("\\[stack of thread\\] 1[678]");
    assertThat(kinds(run).get("use_given_stack")).matches("\\[stack of thread\\] 1[567]");
    assertThat(run.result().exit()).isZero();
  }

  @Test
  void theMappingOfAStackThatTheProgramMadeIsAnonymous() throws IOException {
    PageGrowth run = run("pagekinds", "fiber", "--by-mapping");

    assertThat(kinds(run)).containsEntry("write_on_fiber", "[anonymous] 100");
    assertThat(run.result().below("[stack of thread]")).isZero();
  }

  /** Guards and userfaultfd's write protection leave marks where pages in swap do. */
  @Test
  void marksInPageTablesAreNotTakenForSwap() throws IOException {
    PageGrowth run = run("pagekinds", "marks");

    assumeTrue(run.truth().get("marks").failedEvents() > 0, "this kernel has no such marks");
    assertThat(run.result().errors()).doesNotContain("in swap");
    assertThat(run.result().below("[swapped out]")).isZero();
    assertThat(run.result().below("marks")).isLessThan(5);
    assertThat(run.result().exit()).isZero();
  }

  @Test
  void writesToPagesThatAreThereAreNotCalledCopies() throws IOException {
    String errors = run("pagekinds", "present", "-v").result().errors();
    Matcher writes = WRITES.matcher(errors);

    assertThat(writes.find()).as(errors).isTrue();
    assertThat(writes.group(1)).isEqualTo("0");
    assertThat(Integer.parseInt(writes.group(2))).isBetween(64, 160);
    assertThat(errors).doesNotContain("shared copy-on-write");
  }

  @Test
  void whereNoneOfTheFunctionsThatMapMemoryIsFoundThatIsSaid() throws IOException {
    Result result = run("pagekinds-stripped", "").result();

    assertThat(result.errors())
        .contains(
            "madvise, brk and mlock were not followed (none of them was found in the process: a static");
  }
}
