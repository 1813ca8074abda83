package org.memstacks.live;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.memstacks.live.Memstacks.Result;
import org.memstacks.live.TracedProgram.Truth;

/**
 * A process that ends in the window: what it gave back and moved after the last look at its pages
 * is applied to that look.
 */
@LiveKernel
class PageGrowthEndTest {
  /* Of a small process the collector looks at the pages every second. */
  private static final long UNTIL_LOOKED_AT_MILLIS = 2500;

  /* Or later, on a busy machine. */
  private static final String NOT_LOOKED_AT = "before its memory was looked at again";

  @Test
  void whatWasFreedBeforeTheEndIsNoGrowth() throws Exception {
    try (TracedProgram program = TracedProgram.start("pageend", "free");
        Memstacks collector = attach(program)) {
      workUntilLookedAt(program);
      Map<String, Truth> truth = endWork(program);
      Result result = collector.result();

      assertGrowthIs(truth, result);
      assertThat(result.below("build")).as("what malloc keeps").isLessThan(100);
      assertThat(result.errors())
          .contains("incomplete: the process ended in the window")
          .doesNotContain("without a fault");
      if (!result.errors().contains(NOT_LOOKED_AT)) {
        assertThat(result.errors())
            .containsPattern("less 2,4\\d\\d pages that it gave back since")
            .contains("; 500 pages (2.0 MiB) that were are gone; ");
      }
      assertThat(result.exit()).isEqualTo(3);
    }
  }

  /** With a look since they came and without. */
  @ParameterizedTest
  @ValueSource(longs = {0, UNTIL_LOOKED_AT_MILLIS})
  void whatMovedBeforeTheEndIsWhatItWas(long millis) throws Exception {
    try (TracedProgram program = TracedProgram.start("pageend", "move");
        Memstacks collector = attach(program)) {
      program.begin();
      assertThat(program.line()).isEqualTo("built");
      Thread.sleep(millis);
      Map<String, Truth> truth = endWork(program);
      Result result = collector.result();

      assertGrowthIs(truth, result);
      assertThat(result.total()).as("what was there before is no growth").isLessThan(200);
      assertThat(result.errors())
          .doesNotContain("without a fault")
          .contains(
              millis == 0 || result.errors().contains(NOT_LOOKED_AT)
                  ? NOT_LOOKED_AT
                  : "; 0 pages (0 B) that were are gone; ");
      assertThat(result.exit()).isEqualTo(3);
    }
  }

  @Test
  void hugePagesThatMovedAndWentInPartAreKnownAsTheyAreAtTheEnd() throws Exception {
    try (TracedProgram program = TracedProgram.start("pageend", "huge");
        Memstacks collector = attach(program)) {
      workUntilLookedAt(program);
      Map<String, Truth> truth = endWork(program);
      Result result = collector.result();

      assumeTrue(truth.get("bring_huge").unfreedBlocks() == 914, "the kernel gave no huge pages");
      assertGrowthIs(truth, result);
      assertThat(result.errors())
          .containsAnyOf("less 110 pages that it gave back since", NOT_LOOKED_AT);
    }
  }

  /** Nothing more can be seen of it, though it goes on. */
  @Test
  void aMainThreadThatEndsAloneEndsTheWindow() throws IOException {
    try (TracedProgram program = TracedProgram.start("mainless");
        Memstacks collector = attach(program)) {
      program.begin();
      assertThat(program.line()).isEqualTo("alone");
      Result result = collector.result();

      assertThat(result.below("keep")).isEqualTo(100);
      assertThat(result.errors())
          .contains(
              "incomplete: the process ended its main thread (2 others run on, untraced) in the window");
      assertThat(result.exit()).isEqualTo(3);
    }
  }

  @Test
  void moreCallsThanCanBeKeptInMindAreSaid() throws Exception {
    Result result = whatEndsWhileTheCollectorStands();
    for (int more = 0; more < 9 && result.errors().contains(NOT_LOOKED_AT); more++) {
      result = whatEndsWhileTheCollectorStands();
    }
    assertThat(result.below("keep")).isEqualTo(10);
    assertThat(result.below("bring")).isEqualTo(10);
    // What was dropped when no room was left, of pages that have records.
    assertThat(result.below("[not recorded]")).isZero();
    assertThat(result.errors())
        .containsPattern("incomplete: [78],\\d\\d\\d calls that give pages back could not be")
        .doesNotContain("[no fault seen]");
    assertThat(result.exit()).isEqualTo(3);
  }

  private static Result whatEndsWhileTheCollectorStands() throws Exception {
    try (TracedProgram program = TracedProgram.start("pageend", "often");
        Memstacks collector = attach(program)) {
      workUntilLookedAt(program);
      Signals.send(collector.pid(), "STOP");
      Map<String, Truth> truth;
      try {
        truth = endWork(program);
      } finally {
        Signals.send(collector.pid(), "CONT");
      }
      assertThat(truth.get("keep").unfreedBlocks()).isEqualTo(10);
      return collector.result();
    }
  }

  private static void workUntilLookedAt(TracedProgram program) throws Exception {
    program.begin();
    assertThat(program.line()).isEqualTo("built");
    Thread.sleep(UNTIL_LOOKED_AT_MILLIS);
  }

  private static Map<String, Truth> endWork(TracedProgram program) throws IOException {
    program.begin();
    Map<String, Truth> truth = program.truth();
    assertThat(program.exit()).isZero();
    return truth;
  }

  private static void assertGrowthIs(Map<String, Truth> truth, Result result) {
    assertThat(truth).isNotEmpty();
    truth.forEach((function, pages) ->
        assertThat(result.below(function)).as(function).isEqualTo(pages.unfreedBlocks()));
  }

  private static Memstacks attach(TracedProgram program) throws IOException {
    return Memstacks.attachPgfaultstacks("-p", "" + program.pid(), "-f");
  }
}
