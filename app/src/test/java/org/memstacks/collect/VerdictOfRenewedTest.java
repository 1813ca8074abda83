package org.memstacks.collect;

import static org.assertj.core.api.Assertions.assertThat;
import static org.memstacks.collect.KnownBlocks.FOREVER;
import static org.memstacks.collect.KnownBlocks.WINDOW;
import static org.memstacks.collect.KnownBlocks.each;
import static org.memstacks.collect.KnownBlocks.looks;
import static org.memstacks.collect.KnownBlocks.seen;
import static org.memstacks.collect.KnownBlocks.timeline;
import static org.memstacks.collect.KnownBlocks.verdict;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.function.LongUnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.memstacks.collect.KnownBlocks.Block;

/**
 * What is said of leaks whose blocks are renewed all the time, of those that a burst hides, of
 * caches that are emptied in heaps, and of many stacks taken for one.
 */
class VerdictOfRenewedTest {
  private static final int RUNS = 20;

  /** Each record is there for good, and its contents are allocated anew at each tick. */
  @ParameterizedTest
  @CsvSource({"100, 1000", "20, 1000", "20, 300", "20, 2000"})
  void recordsThatAreRenewedAllTheTimeGrow(long every, long tick) {
    assertThat(verdict(renewed(every, tick))).isEqualTo(Verdict.GROWING);
  }

  @Test
  void recordsThatMayTakeThePlaceOfOlderOnesAreNotJudged() {
    assertThat(verdict(renewed(20, 1000), freeing(millis -> millis / 20)))
        .isEqualTo(Verdict.TOO_EARLY);
    assertThat(verdict(renewed(20, 1000), freeing(millis -> millis / 50)))
        .isEqualTo(Verdict.GROWING);
  }

  /** It rises at every other look only, as a store would that is filled now and then. */
  @Test
  void whatIsRenewedMoreRarelyThanItIsLookedAtIsNotTold() {
    assertThat(verdict(renewed(20, 5000, false))).isNotEqualTo(Verdict.GROWING);
  }

  @Test
  void recordsThatAreNoMoreAddedAreNoLeak() {
    List<Block> blocks = renewed(20, 1000);
    blocks.removeIf(block -> block.bytes() > 100 + WINDOW * 7 / 10);
    assertThat(verdict(blocks)).isNotEqualTo(Verdict.GROWING);
  }

  @Test
  void whatWentAfterTheWindowWasNoLeak() {
    Timeline timeline = timeline(WINDOW + 10_000, WINDOW, looks(WINDOW));
    List<Block> blocks = new ArrayList<>();
    for (Block block : renewed(20, 1000)) {
      blocks.add(new Block(block.born(), Math.min(block.dies(), WINDOW + 5000), block.bytes()));
    }
    for (int i = 0; i < 100; i++) {
      blocks.add(new Block(19_000, FOREVER, 10));
    }
    assertThat(Verdict.of(seen(blocks, timeline, WINDOW + 10_000), timeline))
        .isEqualTo(Verdict.IN_FLIGHT);
  }

  @ParameterizedTest
  @ValueSource(ints = {100, 500, 1000, 3000, 6000, 10_000, 15_000, 20_000, 40_000})
  void whatComesEvenlyAndLivesForAWhileIsNoLeak(int lives) {
    for (int run = 0; run < RUNS; run++) {
      Random random = new Random(run);
      List<Block> exponential = new ArrayList<>();
      List<Block> even = new ArrayList<>();
      for (long born = 0; born < WINDOW; born += 1 + random.nextInt(10)) {
        long dies = born + (long) (-Math.log(1 - random.nextDouble()) * lives);
        exponential.add(new Block(born, dies, 50));
        even.add(new Block(born, born + lives / 2 + random.nextInt(lives), 50));
      }
      assertThat(verdict(exponential)).as("run %d", run).isNotEqualTo(Verdict.GROWING);
      if (lives / 2 < WINDOW * 3 / 4) {
        assertThat(verdict(even)).as("run %d", run).isNotEqualTo(Verdict.GROWING);
      }
    }
  }

  @Test
  void aPoolThatFillsUpLessAndLessIsNoLeak() {
    for (int run = 0; run < RUNS; run++) {
      Random random = new Random(run);
      boolean[] filled = new boolean[2000];
      List<Block> blocks = burst(5000);
      for (long now = 0; now < WINDOW; now += 5) {
        int slot = random.nextInt(filled.length);
        if (!filled[slot]) {
          filled[slot] = true;
          blocks.add(new Block(now, FOREVER, 100));
        }
      }
      assertThat(verdict(blocks)).isEqualTo(Verdict.STEADY);
    }
  }

  @Test
  void aLeakBehindAStartThatTookManyBlocksGrows() {
    List<Block> blocks = burst(5000);
    blocks.addAll(each(20, FOREVER));
    assertThat(verdict(blocks)).isEqualTo(Verdict.GROWING);
    blocks.removeIf(block -> block.born() > WINDOW * 8 / 10);
    assertThat(verdict(blocks)).as("that stopped").isEqualTo(Verdict.STEADY);
  }

  @ParameterizedTest
  @ValueSource(ints = {3000, 10_000, 20_000, 60_000})
  void aCacheThatFillsBehindAStartThatTookManyBlocksIsSteady(int lives) {
    for (int run = 0; run < RUNS; run++) {
      Random random = new Random(run);
      List<Block> blocks = burst(5000);
      for (long born = 0; born < WINDOW; born += 5) {
        blocks.add(new Block(born, born + (long) (-Math.log(1 - random.nextDouble()) * lives), 50));
      }
      assertThat(verdict(blocks)).isEqualTo(Verdict.STEADY);
    }
  }

  /** Its entries live for two windows; those that are older are freed every so often. */
  @ParameterizedTest
  @ValueSource(longs = {1000, 3000, 5000, 8000, 10_000, 13_000, 15_000})
  void aFullCacheThatIsSweptInHeapsIsNotTakenForALeak(long period) {
    for (long first = 0; first < period; first += 200) {
      long phase = first;
      LongUnaryOperator swept =
          millis -> millis < phase ? 0 : ((millis - phase) / period + 1) * period / 10;
      assertThat(verdict(each(10, FOREVER), freeing(swept)))
          .as("first swept after %d ms", first)
          .isEqualTo(Verdict.TOO_EARLY);
      assertThat(verdict(each(3, FOREVER), freeing(swept)))
          .as("three times as much as is swept")
          .isEqualTo(Verdict.GROWING);
    }
  }

  @Test
  void aLeakBesideManyBlocksThatWereInFlightAtTheBeginGrows() {
    assertThat(verdict(each(10, FOREVER), freeing(millis -> Math.min(millis, 3500) * 3)))
        .isEqualTo(Verdict.GROWING);
  }

  @Test
  void manyStacksOfOneBlockEachTellTogether() {
    Timeline timeline = timeline(WINDOW, WINDOW, looks(WINDOW));
    List<Outstanding> leaked =
        each(50, FOREVER).stream().map(block -> seen(List.of(block), timeline, WINDOW)).toList();
    assertThat(leaked)
        .allMatch(Verdict::isOfFew)
        .noneMatch(one -> Verdict.of(one, timeline) == Verdict.GROWING);
    assertThat(Verdict.ofMany(sum(leaked), timeline)).isEqualTo(Verdict.GROWING);
    assertThat(Verdict.ofMany(sum(leaked.subList(0, 30)), timeline)).isEqualTo(Verdict.STEADY);
  }

  /** Those that have gone tell that it is no leak. */
  @ParameterizedTest
  @ValueSource(ints = {1000, 5000, 10_000, 20_000})
  void manyStacksOfWhatLivesForAWhileAreNoLeak(int lives) {
    Timeline timeline = timeline(WINDOW, WINDOW, looks(WINDOW));
    Random random = new Random(lives);
    List<Outstanding> all = new ArrayList<>();
    for (long born = 0; born < WINDOW; born += 10) {
      Block block = new Block(born, born + (long) (-Math.log(1 - random.nextDouble()) * lives), 50);
      all.add(seen(List.of(block), timeline, WINDOW));
    }
    assertThat(Verdict.ofMany(sum(all), timeline)).isNotEqualTo(Verdict.GROWING);
  }

  private static Outstanding sum(List<Outstanding> stacks) {
    return stacks.stream().reduce(Outstanding::plus).orElseThrow();
  }

  private static List<Block> burst(int blocks) {
    List<Block> burst = new ArrayList<>();
    for (int i = 0; i < blocks; i++) {
      burst.add(new Block(i % 500, FOREVER, 64));
    }
    return burst;
  }

  private static List<Block> renewed(long every, long tick) {
    return renewed(every, tick, true);
  }

  /**
   * Blocks as large as their record is late, so that records can be told.
   *
   * @param first whether a record's first block is among them: else another stack brings that
   */
  private static List<Block> renewed(long every, long tick, boolean first) {
    List<Block> blocks = new ArrayList<>();
    for (long record = 0; record < WINDOW; record += every) {
      long born = record;
      while (born < WINDOW) {
        long next = (born / tick + 1) * tick;
        if (first || born != record) {
          blocks.add(new Block(born, next < WINDOW ? next : FOREVER, 100 + record));
        }
        born = next;
      }
    }
    return blocks;
  }

  private static Timeline freeing(LongUnaryOperator olderFrees) {
    return timeline(WINDOW, WINDOW, looks(WINDOW), millis -> millis * 100, olderFrees);
  }
}
