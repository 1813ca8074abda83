package org.memstacks.collect;

import static org.assertj.core.api.Assertions.assertThat;
import static org.memstacks.collect.KnownBlocks.FOREVER;
import static org.memstacks.collect.KnownBlocks.LOOKS;
import static org.memstacks.collect.KnownBlocks.WINDOW;
import static org.memstacks.collect.KnownBlocks.each;
import static org.memstacks.collect.KnownBlocks.looks;
import static org.memstacks.collect.KnownBlocks.seen;
import static org.memstacks.collect.KnownBlocks.timeline;
import static org.memstacks.collect.KnownBlocks.verdict;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.memstacks.collect.KnownBlocks.Block;

/** What is said of stacks whose blocks are known: a block is its birth and its death, in ms. */
class VerdictTest {
  @ParameterizedTest
  @CsvSource({"10, 1", "100, 1", "1500, 1", "10, 20"})
  void whatComesAllTheTimeAndStaysGrows(long every, int ofWhichOneStays) {
    List<Block> blocks = new ArrayList<>();
    for (int i = 0; i * every < WINDOW; i++) {
      boolean stays = i % ofWhichOneStays == 0;
      blocks.add(new Block(i * every, stays ? FOREVER : i * every + 300, 100));
    }
    assertThat(verdict(blocks)).isEqualTo(Verdict.GROWING);
  }

  @ParameterizedTest
  @CsvSource({"1", "300", "3000", "9000"})
  void whatLivesForAWhileIsInFlight(long lives) {
    assertThat(verdict(each(10, lives))).isEqualTo(Verdict.IN_FLIGHT);
  }

  @ParameterizedTest
  @CsvSource({"11000", "15000", "18000"})
  void aCacheWhoseOldestEntryGoesIsSteady(long turnover) {
    assertThat(verdict(each(10, turnover))).isEqualTo(Verdict.STEADY);
  }

  @ParameterizedTest
  @CsvSource({"2, IN_FLIGHT STEADY", "20, STEADY", "60, STEADY"})
  void aCacheWhoseEntriesGoAtRandomIsSteady(int livesSeconds, String either) {
    List<Block> blocks = new ArrayList<>();
    java.util.Random random = new java.util.Random(livesSeconds);
    for (long born = 0; born < WINDOW; born++) {
      long lives = (long) (-Math.log(1 - random.nextDouble()) * livesSeconds * 1000);
      blocks.add(new Block(born, born + lives, 50));
    }
    assertThat(either).contains(verdict(blocks).name());
  }

  @Test
  void aCacheThatFillsUpIsSteadyOnceItIsFull() {
    List<Block> blocks = each(10, FOREVER);
    blocks.removeIf(block -> block.born() > WINDOW * 6 / 10);
    assertThat(verdict(blocks)).isEqualTo(Verdict.STEADY);
  }

  @Test
  void whatIsTakenOnceIsSteady() {
    List<Block> blocks = new ArrayList<>();
    for (int i = 0; i < 500; i++) {
      blocks.add(new Block(100 + i, FOREVER, 64));
    }
    assertThat(verdict(blocks)).isEqualTo(Verdict.STEADY);
  }

  @Test
  void aBufferThatIsMadeLargerAllTheTimeGrows() {
    List<Block> blocks = new ArrayList<>();
    for (int i = 0; i < 200; i++) {
      blocks.add(new Block(i * 100L, i == 199 ? FOREVER : (i + 1) * 100L, 1000L * (i + 1)));
    }
    assertThat(verdict(blocks)).isEqualTo(Verdict.GROWING);
  }

  @Test
  void aBufferThatIsReusedDoesNot() {
    List<Block> blocks = new ArrayList<>();
    for (int i = 0; i < 200; i++) {
      blocks.add(new Block(i * 100L, i == 199 ? FOREVER : (i + 1) * 100L, 1000L * (i % 20 + 1)));
    }
    assertThat(verdict(blocks)).isEqualTo(Verdict.IN_FLIGHT);
  }

  @Test
  void aProcessThatSlowsDownLeaksMoreSlowly() {
    List<Block> blocks = each(10, FOREVER);
    blocks.removeIf(block -> block.born() > WINDOW / 2 && block.born() % 100 != 0);
    assertThat(verdict(blocks)).as("while the process works on").isEqualTo(Verdict.STEADY);
    Timeline slower =
        timeline(
            WINDOW,
            WINDOW,
            looks(WINDOW),
            millis -> 100 * Math.min(millis, WINDOW / 2) + 10 * Math.max(0, millis - WINDOW / 2),
            millis -> 0);
    assertThat(verdict(blocks, slower)).isEqualTo(Verdict.GROWING);
  }

  @Test
  void fewBlocksThatMayTakeThePlaceOfOlderOnesAreNoLeak() {
    List<Block> few = each(WINDOW / 20, FOREVER);
    assertThat(verdict(few)).isEqualTo(Verdict.GROWING);
    Timeline replacing =
        timeline(WINDOW, WINDOW, looks(WINDOW), millis -> millis * 100, millis -> millis / 500);
    assertThat(verdict(few, replacing)).isEqualTo(Verdict.TOO_EARLY);
    assertThat(verdict(each(10, FOREVER), replacing)).isEqualTo(Verdict.GROWING);
  }

  @Test
  void aFullCacheThatTurnsOverMoreSlowlyThanTheWindowIsNotJudged() {
    Timeline replacing =
        timeline(WINDOW, WINDOW, looks(WINDOW), millis -> millis * 100, millis -> millis / 10);
    assertThat(verdict(each(10, FOREVER), replacing)).isEqualTo(Verdict.TOO_EARLY);
    assertThat(verdict(each(5, FOREVER), replacing))
        .as("twice as much as is freed")
        .isEqualTo(Verdict.GROWING);
    assertThat(verdict(each(10, 500), replacing)).isEqualTo(Verdict.IN_FLIGHT);
  }

  /** Its entries go at random, so that some of the window's are among those that are replaced. */
  @ParameterizedTest
  @CsvSource({"10000, 100", "50000, 1000", "100000, 1000", "200000, 1000", "200000, 5000"})
  void aLargeFullCacheWhoseEntriesGoAtRandomIsNotTakenForALeak(int entries, int perSecond) {
    for (int run = 0; run < 5; run++) {
      java.util.Random random = new java.util.Random(entries + run);
      long[] born = new long[entries];
      java.util.Arrays.fill(born, -1);
      List<Block> blocks = new ArrayList<>();
      long[] older = new long[(int) WINDOW + 1];
      for (int now = 0; now < WINDOW; now++) {
        older[now + 1] = older[now];
        // As threads do that sleep in between, in heaps of 20 ms.
        for (int i = 0; now % 20 == 0 && i < perSecond / 50; i++) {
          int entry = random.nextInt(entries);
          if (born[entry] >= 0) {
            blocks.add(new Block(born[entry], now, 100));
          } else {
            older[now + 1]++;
          }
          born[entry] = now;
        }
      }
      for (long entry : born) {
        if (entry >= 0) {
          blocks.add(new Block(entry, FOREVER, 100));
        }
      }
      Timeline timeline =
          timeline(
              WINDOW, WINDOW, looks(WINDOW), millis -> millis * 100, millis -> older[(int) millis]);
      assertThat(verdict(blocks, timeline)).isNotEqualTo(Verdict.GROWING);
    }
  }

  @Test
  void aLeakGrowsBesideACacheThatFreesLessThanItBrings() {
    List<Block> leak = each(10, FOREVER);
    Timeline slow =
        timeline(WINDOW, WINDOW, looks(WINDOW), millis -> millis * 100, millis -> millis / 20);
    assertThat(verdict(leak, slow)).isEqualTo(Verdict.GROWING);
    Timeline barely =
        timeline(WINDOW, WINDOW, looks(WINDOW), millis -> millis * 100, millis -> millis / 12);
    assertThat(verdict(leak, barely)).isEqualTo(Verdict.TOO_EARLY);
  }

  @Test
  void whatIsFreedBeforeTheLaterHalfIsNoDoubt() {
    Timeline begun =
        timeline(
            WINDOW,
            WINDOW,
            looks(WINDOW),
            millis -> millis * 100,
            millis -> Math.min(millis, WINDOW / 4) * 10);
    assertThat(verdict(each(10, FOREVER), begun)).isEqualTo(Verdict.GROWING);
  }

  /** Of ten blocks of one stack nine live for some five seconds, and one stays. */
  @ParameterizedTest
  @CsvSource({"1000, 20", "5000, 60", "5000, 120"})
  void aLeakBehindAHelperThatBringsShortLivedBlocksTooGrows(int lives, int windowSeconds) {
    List<Block> blocks = new ArrayList<>();
    java.util.Random random = new java.util.Random(lives);
    long window = windowSeconds * 1000L;
    for (long born = 0; born < window; born += 3) {
      long dies =
          random.nextInt(10) == 0
              ? FOREVER
              : born + (long) (-Math.log(1 - random.nextDouble()) * lives);
      blocks.add(new Block(born, dies, 50));
    }
    Timeline timeline = timeline(window, window, looks(window));
    assertThat(Verdict.of(seen(blocks, timeline, window), timeline)).isEqualTo(Verdict.GROWING);
  }

  /** The cache turns over in three fifths of the window, and what the start brought stays. */
  @Test
  void aFullCacheBesideWhatTheSameStackTookOnceIsSteady() {
    List<Block> blocks = each(10, WINDOW * 3 / 5);
    for (int i = 0; i < 2000; i++) {
      blocks.add(new Block(i, FOREVER, 100));
    }
    assertThat(verdict(blocks)).isEqualTo(Verdict.STEADY);
  }

  @Test
  void growthThatStoppedIsSteady() {
    List<Block> blocks = each(10, FOREVER);
    blocks.removeIf(block -> block.born() > WINDOW * 78 / 100);
    assertThat(verdict(blocks)).isEqualTo(Verdict.STEADY);
    Timeline idle =
        timeline(
            WINDOW,
            WINDOW,
            looks(WINDOW),
            millis -> 100 * Math.min(millis, WINDOW * 78 / 100),
            millis -> 0);
    assertThat(verdict(blocks, idle))
        .as("when the process did nothing in the end")
        .isEqualTo(Verdict.GROWING);
  }

  @Test
  void aLeakThatComesInHeapsGrows() {
    List<Block> blocks = new ArrayList<>();
    for (long heap = 1000; heap < WINDOW; heap += WINDOW / 5) {
      for (int i = 0; i < 30; i++) {
        blocks.add(new Block(heap + i, FOREVER, 100));
      }
    }
    assertThat(verdict(blocks)).isEqualTo(Verdict.GROWING);
  }

  /** All of it every so often, or what is older than a while. */
  @ParameterizedTest
  @CsvSource({
    "2500, 0, TOO_EARLY",
    "4000, 0, TOO_EARLY",
    "8500, 4000, TOO_EARLY",
    "9000, 0, STEADY"
  })
  void whatWasEmptiedOnceInTheWindowMayBeEmptiedAgain(long when, long younger, Verdict verdict) {
    List<Block> blocks = new ArrayList<>();
    for (long born = 0; born < WINDOW; born += 10) {
      blocks.add(new Block(born, born < when - younger ? when : FOREVER, 100));
    }
    assertThat(verdict(blocks)).isEqualTo(verdict);
  }

  @Test
  void blocksThatMayTakeThePlaceOfAnotherStacksAreNotJudged() {
    Timeline timeline = timeline(WINDOW, WINDOW, looks(WINDOW));
    Outstanding renewed = seen(each(10, FOREVER), timeline, WINDOW);
    long late = timeline.blocksSince(timeline.heldLook(), renewed);
    assertThat(Verdict.of(replacing(renewed, late), timeline)).isEqualTo(Verdict.TOO_EARLY);
    assertThat(Verdict.of(replacing(renewed, late / 2), timeline)).isEqualTo(Verdict.GROWING);
  }

  private static Outstanding replacing(Outstanding outstanding, long replaceable) {
    return new Outstanding(
        outstanding.bytes(),
        outstanding.blocks(),
        outstanding.oldestNanos(),
        outstanding.quarters(),
        outstanding.old(),
        outstanding.oldest(),
        outstanding.history(),
        outstanding.blockHistory(),
        replaceable);
  }

  @Test
  void onlyOlderBlocksCountButAllAreEvidence() {
    Timeline timeline =
        timeline(
            WINDOW, WINDOW, looks(WINDOW), millis -> millis * 100, millis -> 0, WINDOW * 3 / 4);
    Outstanding leak = seen(each(10, FOREVER), timeline, WINDOW);
    assertThat(leak.bytes()).isEqualTo(50_100);
    assertThat(timeline.bytesPerSecond(leak)).isBetween(9_900.0, 10_100.0);
    assertThat(timeline.rises(leak)).isEqualTo(timeline.steps());
    assertThat(Verdict.of(leak, timeline)).isEqualTo(Verdict.GROWING);
    List<Block> few = each(WINDOW / 20, FOREVER);
    assertThat(Verdict.of(seen(few, timeline, WINDOW), timeline)).isEqualTo(Verdict.GROWING);
  }

  @Test
  void youngBlocksOfAWindowThatIsHardlyOldEnoughAreNoTorrent() {
    Timeline timeline =
        timeline(WINDOW, WINDOW, looks(WINDOW), millis -> millis * 100, millis -> 0, WINDOW - 1);
    assertThat(timeline.bytesPerSecond(seen(each(10, FOREVER), timeline, WINDOW))).isEqualTo(1_000);
  }

  /** As ten entries of which any may go: that none of the old ones does is soon a chance. */
  @Test
  void aSmallCacheWhoseEntriesGoAtRandomIsHardlyEverTakenForALeak() {
    int growing = 0;
    for (int run = 0; run < 500; run++) {
      java.util.Random random = new java.util.Random(run);
      long every = 200 + random.nextInt(3000);
      long[] born = new long[10];
      java.util.Arrays.fill(born, -1);
      List<Block> blocks = new ArrayList<>();
      List<Long> replaced = new ArrayList<>();
      for (long now = 0; now < WINDOW; now += every) {
        int entry = random.nextInt(born.length);
        if (born[entry] >= 0) {
          blocks.add(new Block(born[entry], now, 64));
        } else {
          replaced.add(now);
        }
        born[entry] = now;
      }
      for (long entry : born) {
        if (entry >= 0) {
          blocks.add(new Block(entry, FOREVER, 64));
        }
      }
      Timeline timeline =
          timeline(
              WINDOW,
              WINDOW,
              looks(WINDOW),
              millis -> millis * 100,
              millis -> replaced.stream().filter(at -> at <= millis).count());
      growing += verdict(blocks, timeline) == Verdict.GROWING ? 1 : 0;
    }
    assertThat(growing).isZero();
  }

  @Test
  void aFewBlocksProveNothing() {
    assertThat(verdict(each(WINDOW / 7, FOREVER))).isNotEqualTo(Verdict.IN_FLIGHT);
    assertThat(verdict(List.of(new Block(19_000, FOREVER, 10)))).isEqualTo(Verdict.IN_FLIGHT);
  }

  @Test
  void aShortWindowProvesNothing() {
    Timeline timeline = timeline(1900, 1900, looks(1900));
    assertThat(Verdict.of(seen(each(1, FOREVER), timeline, 1900), timeline))
        .isEqualTo(Verdict.TOO_EARLY);
    Timeline unseen = timeline(WINDOW, WINDOW, List.of(9000L));
    assertThat(Verdict.of(seen(each(1, FOREVER), unseen, WINDOW), unseen))
        .isEqualTo(Verdict.TOO_EARLY);
  }

  @Test
  void drainingTellsALeakFromALongRequest() {
    Timeline timeline = timeline(WINDOW + 10_000, WINDOW, looks(WINDOW));
    List<Block> leak = each(10, FOREVER);
    assertThat(Verdict.of(seen(leak, timeline, WINDOW + 10_000), timeline))
        .isEqualTo(Verdict.GROWING);
    assertThat(timeline.isDraining()).isTrue();
    assertThat(timeline.bytesPerSecond(seen(leak, timeline, WINDOW + 10_000))).isEqualTo(10_000);
    Timeline older =
        timeline(
            WINDOW + 10_000, WINDOW, looks(WINDOW), millis -> millis * 100, millis -> 0, WINDOW);
    Outstanding rest = seen(leak, older, WINDOW + 10_000);
    assertThat(rest.bytes()).isEqualTo(100_100);
    assertThat(older.bytesPerSecond(rest)).isBetween(9_900.0, 10_100.0);
    assertThat(Verdict.of(rest, older)).isEqualTo(Verdict.GROWING);
    List<Block> slow = each(10, 12_000);
    assertThat(Verdict.of(seen(slow, timeline, WINDOW + 10_000), timeline))
        .isEqualTo(Verdict.IN_FLIGHT);
  }

  @Test
  void growthIsThatOfTheLaterHalf() {
    Timeline timeline = timeline(WINDOW, WINDOW, looks(WINDOW));
    Outstanding leak = seen(each(10, FOREVER), timeline, WINDOW);
    assertThat(timeline.bytesPerSecond(leak)).isBetween(9_900.0, 10_100.0);
    assertThat(timeline.rises(leak)).isEqualTo(timeline.steps()).isEqualTo(LOOKS + 1);
    Outstanding flat = seen(each(10, 1_000), timeline, WINDOW);
    assertThat(timeline.bytesPerSecond(flat)).isBetween(-50.0, 50.0);
    assertThat(timeline.rises(flat)).isLessThan(timeline.steps());
  }

  @Test
  void stacksTakenForOneAddUp() {
    Timeline timeline = timeline(WINDOW, WINDOW, looks(WINDOW));
    Outstanding sum =
        seen(each(10, FOREVER), timeline, WINDOW).plus(seen(each(10, 500), timeline, WINDOW));
    List<Block> both = each(10, FOREVER);
    both.addAll(each(10, 500));
    assertThat(sum).usingRecursiveComparison().isEqualTo(seen(both, timeline, WINDOW));
  }
}
