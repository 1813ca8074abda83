package org.memstacks.live;

import static org.assertj.core.api.Assertions.assertThat;

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
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.memstacks.live.Memstacks.Result;
import org.memstacks.live.TracedProgram.Truth;

/** Children that the target forks in the window, traced as processes of their own. */
@LiveKernel
@Execution(ExecutionMode.CONCURRENT)
class FollowForkTest {
  private static final Pattern ATTACHED =
      Pattern.compile("attached to PID (\\d+), which process (\\d+) forked\n");
  private static final Pattern SEEN_FROM =
      Pattern.compile(
          "incomplete: family-(\\d+): process (\\d+) forked it, and it is traced from [0-9]+\\.[0-9]{2} s after that on: what it allocated before is not counted\n");

  /** What app/src/test/c/family.c does in its second step, by the child's number. */
  private static final List<Map<String, Long>> UNFREED =
      List.of(
          Map.of("child_holds", 50_000L, "child_leaks", 50_000L),
          Map.of("child_holds", 50_500L, "child_leaks", 51_000L));

  private static final List<Map<String, Long>> ALL =
      List.of(
          Map.of("child_holds", 100_000L, "child_leaks", 50_000L),
          Map.of("child_holds", 101_000L, "child_leaks", 51_000L));

  @TempDir Path directory;

  @EachAttachWay(with = {"-f", "-af"})
  void whatEachChildDoesCountsUnderItsOwnName(String mode, String attach) throws IOException {
    try (TracedProgram program = TracedProgram.start("family");
        Memstacks memstacks =
            Memstacks.attach(
                mode, "-v", "--follow-fork", "--attach=" + attach, "-p", "" + program.pid())) {
      program.begin();
      Map<String, Truth> truth = program.truth();
      List<Integer> children = awaitAttached(memstacks, 2);
      program.begin();
      program.truth();
      Result result = memstacks.stop();

      // Their first block, of before their probes were in, and that of their parent's are not in
      // it.
      List<Map<String, Long>> expected = mode.equals("-f") ? UNFREED : ALL;
      assertThat(of(result, children.get(0))).isEqualTo(expected.get(0));
      assertThat(of(result, children.get(1))).isEqualTo(expected.get(1));
      assertThat(of(result, program.pid()))
          .isEqualTo(TracedProgram.nonZero(truth, Truth::unfreedBytes));
      assertThat(seenFrom(result, program.pid())).containsExactlyElementsOf(children);
      assertThat(result.exit()).isEqualTo(3);
      program.begin();
      assertThat(program.exit()).isZero();
    }
  }

  @Test
  void aThousandShortLivedOnesAreCountedAndHarmNobody() throws IOException {
    try (TracedProgram program = TracedProgram.start("family", "1000");
        Memstacks memstacks =
            Memstacks.attach("-f", "-v", "--follow-fork", "-p", "" + program.pid())) {
      program.begin();
      Map<String, Truth> truth = program.truth();
      List<Integer> children = awaitAttached(memstacks, 2);
      program.begin();
      program.truth();
      Result result = memstacks.stop();

      assertThat(of(result, program.pid()))
          .isEqualTo(TracedProgram.nonZero(truth, Truth::unfreedBytes));
      assertThat(of(result, children.get(0))).isEqualTo(UNFREED.get(0));
      assertThat(of(result, children.get(1))).isEqualTo(UNFREED.get(1));
      Matcher untraced =
          Pattern.compile("incomplete: ([0-9,]+) forked children ended before probes were in")
              .matcher(result.errors());
      assertThat(untraced.find()).as(result.errors()).isTrue();
      assertThat(Long.parseLong(untraced.group(1).replace(",", ""))).isBetween(990L, 1000L);
      assertThat(result.exit()).isEqualTo(3);
      program.begin();
      assertThat(program.exit()).isZero();
    }
  }

  @Test
  void asManyAtOnceAsAreAskedFor() throws IOException {
    try (TracedProgram program = TracedProgram.start("family");
        Memstacks memstacks =
            Memstacks.attach(
                "-f", "-v", "--follow-fork", "--max-children=1", "-p", "" + program.pid())) {
      program.begin();
      program.truth();
      List<Integer> children = awaitAttached(memstacks, 1);
      program.begin();
      program.truth();
      Result result = memstacks.stop();

      assertThat(of(result, children.getFirst())).isEqualTo(UNFREED.getFirst());
      assertThat(result.errors())
          .contains(
              "incomplete: 1 forked child was not traced, as 1 was at the same time: raise --max-children\n");
      assertThat(result.exit()).isEqualTo(3);
      program.begin();
      assertThat(program.exit()).isZero();
    }
  }

  /** The shell's child becomes another program, whose children are followed in their turn. */
  @Test
  void fromACommandsBeginToTheEndOfAll() throws IOException {
    String family = TracedProgram.build("family").toString();
    try (Memstacks memstacks =
        Memstacks.start("-f", "-v", "--follow-fork", "-c", "sh", "-c", family + "; exit $?")) {
      memstacks.awaitSaid("\npid ");
      Matcher pid = Pattern.compile("\npid (\\d+)\n").matcher(memstacks.errors());
      assertThat(pid.find()).isTrue();
      int parent = Integer.parseInt(pid.group(1));
      assertThat(awaitAttached(memstacks, 1)).containsExactly(parent);
      step(memstacks);
      memstacks.awaitSaid("parent_keeps\t");
      List<Integer> children = awaitAttached(memstacks, 3).subList(1, 3);
      step(memstacks);
      memstacks.awaitSaid("\nstepped\n");
      step(memstacks);
      Result result = memstacks.result();

      assertThat(of(result, parent)).isEqualTo(Map.of("parent_keeps", 32_000L));
      assertThat(of(result, children.get(0))).isEqualTo(UNFREED.get(0));
      assertThat(of(result, children.get(1))).isEqualTo(UNFREED.get(1));
      assertThat(seenFrom(result, parent)).containsExactlyElementsOf(children);
      assertThat(result.lines()).anyMatch(line -> line.startsWith("sh-"));
      assertThat(result.errors()).doesNotContain("ended with");
      assertThat(result.exit()).isEqualTo(3);
    }
  }

  /** It is tried for a second, since a program that was just executed has no allocator yet. */
  @Test
  void oneThatCannotBeTracedIsSaid() throws IOException {
    Path nameless = directory.resolve("nameless");
    Files.copy(TracedProgram.build("starter-static"), nameless);
    Process strip = new ProcessBuilder("strip", nameless.toString()).start();
    assertThat(strip.onExit().join().exitValue()).isZero();
    try (Memstacks memstacks =
        Memstacks.start(
            "-f",
            "-v",
            "--follow-fork",
            "-c",
            "sh",
            "-c",
            nameless + " stay & read x; kill $!; wait")) {
      memstacks.awaitSaid(" is not traced: no object of process ");
      step(memstacks);
      memstacks.process().getOutputStream().close();
      Result result = memstacks.result();

      assertThat(result.errors())
          .containsPattern("incomplete: child \\d+ is not traced: no object of process \\d+");
      assertThat(result.lines()).anyMatch(line -> line.startsWith("sh-"));
      assertThat(result.exit()).isEqualTo(3);
    }
  }

  @Test
  void oneThatEndedStaysInEachTable() throws Exception {
    try (TracedProgram program = TracedProgram.start("family");
        Memstacks memstacks =
            Memstacks.attach("-v", "--follow-fork", "--interval", "1", "-p", "" + program.pid())) {
      program.begin();
      program.truth();
      int child = awaitAttached(memstacks, 2).getFirst();
      program.begin();
      program.truth();
      Thread.sleep(1500);
      ProcessHandle.of(child).orElseThrow().destroyForcibly();
      Thread.sleep(3500);
      Result result = memstacks.stop();

      List<String> tables = List.of(String.join("\n", result.lines()).split("(?m)^after "));
      List<Boolean> there =
          tables.stream().map(table -> table.contains("family-" + child)).toList();
      assertThat(there.subList(there.indexOf(true), there.size()))
          .as("%s", result.lines())
          .hasSizeGreaterThan(3)
          .containsOnly(true);
    }
  }

  @Test
  void withoutChildrenNothingIsMissing() throws IOException {
    try (TracedProgram program = TracedProgram.start("threads");
        Memstacks memstacks = Memstacks.attach("-f", "--follow-fork", "-p", "" + program.pid())) {
      program.begin();
      Map<String, Truth> truth = program.truth();
      Result result = memstacks.stop();

      assertThat(result.byCaller())
          .containsAllEntriesOf(TracedProgram.nonZero(truth, Truth::unfreedBytes));
      assertThat(result.lines())
          .allMatch(line -> line.startsWith("threads-" + program.pid() + ";"));
      assertThat(result.exit()).isZero();
    }
  }

  /** Five of them at once, and each takes a while to be read out. */
  @Test
  void blocksAreAsOldAsTheyWereWhenTheirProcessEnded() throws IOException {
    try (TracedProgram program = TracedProgram.start("gasping");
        Memstacks memstacks =
            Memstacks.attach(
                "-f",
                "-v",
                "--follow-fork",
                "--blocks",
                "--older",
                "300",
                "-p",
                "" + program.pid())) {
      program.begin();
      program.truth();
      List<Integer> children = awaitAttached(memstacks, 5);
      program.begin();
      program.truth();
      Result result = memstacks.stop();

      Map<Integer, Map<String, Long>> seen = new TreeMap<>();
      Map<Integer, Map<String, Long>> expected = new TreeMap<>();
      for (int child : children) {
        List<String> lines =
            result.lines().stream()
                .filter(line -> line.startsWith("gasping-" + child + ";"))
                .toList();
        seen.put(child, new TreeMap<>(new Result(0, lines, "").byCaller()));
        expected.put(child, Map.of("early", 500L));
      }
      assertThat(seen).as("what each allocated last was young when it ended").isEqualTo(expected);
      program.begin();
      assertThat(program.exit()).isZero();
    }
  }

  private static void step(Memstacks memstacks) throws IOException {
    memstacks.process().getOutputStream().write('b');
    memstacks.process().getOutputStream().flush();
  }

  /** The children that are traced, in the order of that. */
  private static List<Integer> awaitAttached(Memstacks memstacks, int number) throws IOException {
    return TracedProgram.Timed.within(
        60,
        () -> {
          while (true) {
            List<Integer> children = new ArrayList<>();
            Matcher attached = ATTACHED.matcher(memstacks.errors());
            while (attached.find()) {
              children.add(Integer.parseInt(attached.group(1)));
            }
            if (children.size() >= number) {
              return children;
            }
            Thread.sleep(10);
          }
        });
  }

  /** The children of which stderr says from when on they were traced. */
  private static List<Integer> seenFrom(Result result, int parent) {
    List<Integer> children = new ArrayList<>();
    Matcher said = SEEN_FROM.matcher(result.errors());
    while (said.find()) {
      if (Integer.parseInt(said.group(2)) == parent) {
        children.add(Integer.parseInt(said.group(1)));
      }
    }
    return children.stream().sorted().toList();
  }

  /** Bytes of one process by the function that called the allocator. */
  private static Map<String, Long> of(Result result, int pid) {
    List<String> lines =
        result.lines().stream().filter(line -> line.startsWith("family-" + pid + ";")).toList();
    return new TreeMap<>(new Result(0, lines, "").byCaller());
  }
}
