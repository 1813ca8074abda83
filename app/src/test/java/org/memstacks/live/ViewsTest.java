package org.memstacks.live;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.memstacks.bpf.Layouts.Stat;
import org.memstacks.collect.Allocator;
import org.memstacks.collect.AllocatorQuery;
import org.memstacks.collect.MallocTrace;
import org.memstacks.collect.Observation;
import org.memstacks.collect.Outstanding;
import org.memstacks.collect.Timeline;
import org.memstacks.collect.TraceOptions;
import org.memstacks.collect.TracePlan;
import org.memstacks.live.Memstacks.Result;
import org.memstacks.target.LoadedObjects;
import org.memstacks.target.MemoryMap;
import org.memstacks.target.TargetFiles;
import org.memstacks.target.TargetProcess;
import org.memstacks.unwind.UnwindCache;

/** Filters and views, of a program whose blocks are known by size and by when they come and go. */
@LiveKernel
@Execution(ExecutionMode.CONCURRENT)
class ViewsTest {
  private static final long BIG = 4 << 20;
  private static final long FREED_IN_FIRST_STEP = 1020;
  private static final long FREED_IN_SECOND_STEP = 2000;
  private static final long KEPT_IN_SECOND_STEP = 30 * 200;

  @TempDir private Path directory;

  @Test
  void onlyOldBlocksCount() throws Exception {
    Result result = afterBothSteps("-f", "--older", "1000");
    assertThat(result.byCaller())
        .isEqualTo(Map.of("first_keeps", 10_000L, "keeps_a_secret", 384L, "loses_its_memory", BIG));
    assertThat(result.errors()).contains("50 of 7.0 KiB younger than --older 1000");
    assertThat(result.exit()).isZero();
  }

  @Test
  void whereNoBlockCouldBecomeThatOldItIsSaid() throws Exception {
    Result result = afterBothSteps("-f", "--older", "600000");
    assertThat(result.byCaller()).isEmpty();
    assertThat(result.errors())
        .containsPattern(
            "no block could become as old as --older 600000 asks: its window ended after [0-9.]+ s\n");
    assertThat(afterBothSteps("-f", "--older", "1000").errors())
        .doesNotContain("no block could become");
  }

  @EachAttachWay
  void drainingLeavesWhatIsNotFreedAfterwardsEither(String attach) throws Exception {
    try (TracedProgram program = TracedProgram.start("views");
        Memstacks memstacks =
            Memstacks.attach("-f", "--drain=3", "--attach=" + attach, "-p", "" + program.pid())) {
      program.begin();
      program.truth();
      memstacks.process().toHandle().destroy();
      Thread.sleep(1000);
      program.begin();
      program.truth();
      Result result = memstacks.result();

      assertThat(result.byCaller())
          .as("what realloc moves stays what it was, what is new does not count")
          .isEqualTo(
              Map.of(
                  "first_keeps", 10_000L,
                  "moves", 100_000L,
                  "keeps_a_secret", 384L,
                  "loses_its_memory", BIG));
      assertThat(result.errors()).contains("draining for 3 s: only frees count now");
      assertThat(result.exit()).isZero();
    }
  }

  @Test
  void requestsOfOtherSizesDoNotCount() throws Exception {
    assertThat(afterBothSteps("-f", "--min-size", "101", "--max-size", "5000").byCaller())
        .as("resized below the least, a block no longer counts")
        .isEqualTo(Map.of("second_keeps", 6_000L));
    assertThat(afterBothSteps("-f", "--max-size", "69").byCaller())
        .isEqualTo(Map.of("is_moved", 1_190L, "keeps_a_secret", 384L));
    assertThat(afterBothSteps("-af", "--min-size", "5000", "--max-size", "5000").byCaller())
        .isEqualTo(Map.of("moves", 100_000L));
  }

  @Test
  void blocksAreValuesAsWell() throws Exception {
    assertThat(afterBothSteps("-f", "--blocks").byCaller())
        .isEqualTo(
            Map.of(
                "first_keeps", 100L,
                "is_moved", 20L,
                "second_keeps", 30L,
                "keeps_a_secret", 8L,
                "loses_its_memory", 1L));
    assertThat(afterBothSteps("-af", "--blocks").byCaller())
        .containsEntry("given_back", 2000L)
        .containsEntry("temporarily", 1010L);
  }

  @Test
  void sizesAndAgesAreFramesAboveTheLeaf() throws Exception {
    assertThat(afterBothSteps("-f", "--sizes").lines())
        .anyMatch(line -> line.endsWith("is_moved;realloc;[32 to 63 B] " + (50 + 63) * 14 / 2))
        .anyMatch(line -> line.endsWith("is_moved;realloc;[64 to 127 B] " + (64 + 69) * 6 / 2))
        .anyMatch(line -> line.endsWith("loses_its_memory;malloc;[4 to 8 MiB] " + BIG));
    assertThat(afterBothSteps("-f", "--ages").lines())
        .anyMatch(line -> line.endsWith("first_keeps;malloc;[1 s to 10 s] 10000"))
        .anyMatch(line -> line.endsWith("second_keeps;malloc;[under 1 s] 6000"));
    assertThat(afterBothSteps("--ages", "--blocks").lines())
        .contains("  1 s to 10 s               10,000 bytes in 100");
  }

  @Test
  void thePeakIsShown() throws Exception {
    Result result = afterBothSteps("-f", "--peak");
    assertThat(result.byCaller())
        .containsEntry("given_back", 2_000_000L)
        .containsEntry("moves", 100_000L)
        .doesNotContainKeys("second_keeps", "is_moved");
    assertThat(result.errors())
        .containsPattern("were live \\d+\\.\\d s into the window, at its peak");
  }

  @Test
  void temporaryBlocksAreCounted() throws Exception {
    Result result = afterBothSteps("-f", "--temporary");
    assertThat(result.byCaller()).isEqualTo(Map.of("temporarily", 64_000L + 320));
    assertThat(result.errors())
        .contains("were freed by their thread before it allocated anything else");
  }

  @Test
  void theSummaryAddsUp() throws Exception {
    assertThat(afterBothSteps("-f").errors())
        .contains(
            "159 blocks of 4.0 MiB not freed, in 5 stacks; 3,199 allocated:"
                + " 3,020 freed, 20 moved or resized by realloc, 159 not freed\n");
  }

  @Test
  void theReportTellsItAll() throws Exception {
    Path file = directory.resolve("report.txt");
    Result result = afterBothSteps("-f", "--report", file.toString(), "--top", "2");
    assertThat(result.errors()).contains("the report is in " + file);
    assertThat(Files.readString(file))
        .contains("command       memstacks -f --report ")
        .contains("total         159 blocks of 4.0 MiB not freed")
        .containsPattern("resident      resident memory (grew|shrank) by ")
        .contains("verdict       ")
        .contains("\n3 more (--top)\n");
    try (var files = Files.list(directory)) {
      assertThat(files).as("nothing else is left").containsExactly(file);
    }
  }

  @Test
  void otherViewsHaveAReportAsWell() throws Exception {
    Path file = directory.resolve("report.txt");
    afterBothSteps("-f", "--temporary", "--report", file.toString());
    assertThat(Files.readString(file)).contains("total         1,010 of 3,199 blocks, of 62.8 KiB");
  }

  @Test
  void contentsAreShownWhereTheyAreStillThere() throws Exception {
    Result result = afterBothSteps("-f", "--peek");
    assertThat(result.errors())
        .contains("contents of blocks from keeps_a_secret < ")
        .contains("\"user=mallory token=12345\"")
        .contains("contents of blocks from loses_its_memory < ")
        .contains("its memory is no longer mapped");
    assertThat(afterBothSteps("-f").errors()).doesNotContain("mallory");
  }

  @Test
  void whatTheProcessMayNotReadItselfIsNotShown() throws Exception {
    try (TracedProgram program = TracedProgram.start("lasting");
        Memstacks memstacks = attach(program, "-f", "--peek")) {
      program.begin();
      program.truth();
      Result result = memstacks.stop();

      assertThat(result.errors())
          .contains("contents of blocks from hide < ")
          .contains("its memory may not be read (PROT_NONE or the like)")
          .doesNotContain("hidden from all");
      assertThat(result.exit()).as(result.errors()).isZero();
    }
  }

  /** Reading contents takes a while. */
  @Test
  void whileContentsAreReadOnlyFreesCount() throws Exception {
    try (TracedProgram program = TracedProgram.start("views");
        LoadedObjects loaded = new LoadedObjects(new TargetFiles(program.pid()))) {
      TargetProcess target = TargetProcess.of(program.pid());
      MemoryMap map = MemoryMap.of(program.pid());
      TraceOptions options = new TraceOptions(false, 0, 1 << 14, 1 << 16, false, Optional.empty());
      try (MallocTrace trace =
          MallocTrace.attach(
              TracePlan.ofOne(target, map, loaded, UnwindCache.none(), options),
              () -> Allocator.find(target, map, loaded, AllocatorQuery.any()))) {
        trace.begin();
        program.begin();
        program.truth();
        trace.stopRecording();
        Timeline ended = trace.observe().timeline();
        Thread.sleep(500);
        program.begin();
        program.truth();
        Observation later = trace.observe();

        assertThat(later.timeline().nowNanos()).isEqualTo(ended.nowNanos());
        assertThat(ages(later)).allMatch(age -> age <= ended.nowNanos());
        trace.end(false);
        assertThat(trace.observe().timeline().nowNanos()).isEqualTo(ended.nowNanos());
        assertThat(trace.profile().counters().get(Stat.FREED_BLOCKS))
            .isGreaterThanOrEqualTo(FREED_IN_FIRST_STEP + FREED_IN_SECOND_STEP);
        assertThat(trace.profile().stacks())
            .as("of the second step nothing")
            .noneMatch(stack -> stack.bytes() == KEPT_IN_SECOND_STEP);
      }
    }
  }

  private static Stream<Long> ages(Observation seen) {
    return seen.stacks().values().stream().map(Outstanding::oldestNanos);
  }

  @Test
  void aProcessThatEndedHasNoContents() throws Exception {
    try (TracedProgram program = TracedProgram.start("views");
        Memstacks memstacks = attach(program, "-f", "--peek")) {
      program.begin();
      program.truth();
      program.process().destroyForcibly();
      Result result = memstacks.result();
      assertThat(result.errors())
          .contains("ended in the window; this is what it left")
          .contains(
              "no contents of blocks: the process has ended, and its memory can no longer be read\n");
      assertThat(result.byCaller()).containsEntry("first_keeps", 10_000L);
    }
  }

  /** The second step follows 1.5 s after the first, the window's end at once. */
  private static Result afterBothSteps(String... arguments) throws Exception {
    try (TracedProgram program = TracedProgram.start("views");
        Memstacks memstacks = attach(program, arguments)) {
      program.begin();
      program.truth();
      Thread.sleep(1500);
      program.begin();
      program.truth();
      Result result = memstacks.stop();
      assertThat(result.exit()).as(result.errors()).isZero();
      return result;
    }
  }

  private static Memstacks attach(TracedProgram program, String... arguments) throws IOException {
    String[] all = new String[arguments.length + 2];
    System.arraycopy(arguments, 0, all, 0, arguments.length);
    all[arguments.length] = "-p";
    all[arguments.length + 1] = "" + program.pid();
    return Memstacks.attach(all);
  }
}
