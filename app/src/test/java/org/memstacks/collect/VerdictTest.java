package org.memstacks.collect;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.LongPredicate;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What is said of stacks whose blocks are known: a block is its birth and its death, in ms. */
class VerdictTest {
  private static final long WINDOW = 20_000;
  private static final int LOOKS = 15;
  private static final long FOREVER = Long.MAX_VALUE / 2;

  private record Block(long born, long dies, long bytes) {}

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
    blocks.removeIf(block -> block.born > WINDOW * 6 / 10);
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
  void aFewBlocksProveNothing() {
    assertThat(verdict(each(WINDOW / 7, FOREVER))).isNotEqualTo(Verdict.IN_FLIGHT);
    assertThat(verdict(List.of(new Block(19_000, FOREVER, 10)))).isEqualTo(Verdict.IN_FLIGHT);
  }

  @Test
  void aShortWindowProvesNothing() {
    Timeline timeline = Timeline.of(1_900_000_000, 1_900_000_000, looks(1900));
    assertThat(Verdict.of(seen(each(1, FOREVER), timeline, 1900), timeline))
        .isEqualTo(Verdict.TOO_EARLY);
    Timeline unseen = Timeline.of(nanos(WINDOW), nanos(WINDOW), List.of(nanos(9000)));
    assertThat(Verdict.of(seen(each(1, FOREVER), unseen, WINDOW), unseen))
        .isEqualTo(Verdict.TOO_EARLY);
  }

  @Test
  void drainingTellsALeakFromALongRequest() {
    Timeline timeline = Timeline.of(nanos(WINDOW + 10_000), nanos(WINDOW), looks(WINDOW));
    List<Block> leak = each(10, FOREVER);
    assertThat(Verdict.of(seen(leak, timeline, WINDOW + 10_000), timeline))
        .isEqualTo(Verdict.GROWING);
    assertThat(timeline.isDraining()).isTrue();
    assertThat(timeline.bytesPerSecond(seen(leak, timeline, WINDOW + 10_000))).isEqualTo(10_000);
    List<Block> slow = each(10, 12_000);
    assertThat(Verdict.of(seen(slow, timeline, WINDOW + 10_000), timeline))
        .isEqualTo(Verdict.IN_FLIGHT);
  }

  @Test
  void growthIsThatOfTheLaterHalf() {
    Timeline timeline = Timeline.of(nanos(WINDOW), nanos(WINDOW), looks(WINDOW));
    Outstanding leak = seen(each(10, FOREVER), timeline, WINDOW);
    assertThat(timeline.bytesPerSecond(leak)).isBetween(9_900.0, 10_100.0);
    assertThat(timeline.rises(leak)).isEqualTo(timeline.steps()).isEqualTo(LOOKS + 1);
    Outstanding flat = seen(each(10, 1_000), timeline, WINDOW);
    assertThat(timeline.bytesPerSecond(flat)).isBetween(-50.0, 50.0);
    assertThat(timeline.rises(flat)).isLessThan(timeline.steps());
  }

  @Test
  void stacksTakenForOneAddUp() {
    Timeline timeline = Timeline.of(nanos(WINDOW), nanos(WINDOW), looks(WINDOW));
    Outstanding sum =
        seen(each(10, FOREVER), timeline, WINDOW).plus(seen(each(10, 500), timeline, WINDOW));
    List<Block> both = each(10, FOREVER);
    both.addAll(each(10, 500));
    assertThat(sum).usingRecursiveComparison().isEqualTo(seen(both, timeline, WINDOW));
  }

  private static List<Block> each(long every, long lives) {
    List<Block> blocks = new ArrayList<>();
    for (long born = 0; born < WINDOW; born += every) {
      blocks.add(new Block(born, born + lives, 100));
    }
    return blocks;
  }

  private static Verdict verdict(List<Block> blocks) {
    Timeline timeline = Timeline.of(nanos(WINDOW), nanos(WINDOW), looks(WINDOW));
    return Verdict.of(seen(blocks, timeline, WINDOW), timeline);
  }

  private static long nanos(long millis) {
    return TimeUnit.MILLISECONDS.toNanos(millis);
  }

  private static List<Long> looks(long window) {
    List<Long> looks = new ArrayList<>();
    for (int i = 1; i <= LOOKS; i++) {
      looks.add(nanos(window * i / (LOOKS + 1)));
    }
    return looks;
  }

  /** What the looks would have seen. */
  private static Outstanding seen(List<Block> blocks, Timeline timeline, long now) {
    long[] history = new long[timeline.looks().size()];
    for (int i = 0; i < history.length; i++) {
      history[i] = bytes(blocks, timeline.looks().get(i) / 1_000_000);
    }
    long[] quarters = new long[4];
    long recorded = timeline.recordedNanos() / 1_000_000;
    live(blocks, now).forEach(block -> quarters[(int) Math.min(3, block.born * 4 / recorded)]++);
    LongPredicate isOld = born -> nanos(born) < timeline.cutNanos();
    long look = timeline.looks().get(timeline.heldLook()) / 1_000_000;
    return new Outstanding(
        bytes(blocks, now),
        live(blocks, now).size(),
        live(blocks, now).stream().mapToLong(b -> nanos(now - b.born)).max().orElse(0),
        quarters,
        live(blocks, look).stream().filter(b -> isOld.test(b.born)).count(),
        live(blocks, now).stream().filter(b -> isOld.test(b.born)).count(),
        history);
  }

  private static List<Block> live(List<Block> blocks, long at) {
    return blocks.stream().filter(block -> block.born <= at && at < block.dies).toList();
  }

  private static long bytes(List<Block> blocks, long at) {
    return live(blocks, at).stream().mapToLong(Block::bytes).sum();
  }
}
