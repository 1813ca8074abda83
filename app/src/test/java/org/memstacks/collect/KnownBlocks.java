package org.memstacks.collect;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.LongFunction;
import java.util.function.LongPredicate;
import java.util.function.LongUnaryOperator;
import org.memstacks.collect.Timeline.Moment;

/** What looks at blocks would see whose births and deaths are known. */
public final class KnownBlocks {
  public static final long WINDOW = 20_000;
  static final int LOOKS = 15;
  public static final long FOREVER = Long.MAX_VALUE / 2;

  /** In milliseconds. */
  public record Block(long born, long dies, long bytes) {}

  private KnownBlocks() {}

  public static List<Block> each(long every, long lives) {
    List<Block> blocks = new ArrayList<>();
    for (long born = 0; born < WINDOW; born += every) {
      blocks.add(new Block(born, born + lives, 100));
    }
    return blocks;
  }

  static Verdict verdict(List<Block> blocks) {
    return verdict(blocks, timeline(WINDOW, WINDOW, looks(WINDOW)));
  }

  static Verdict verdict(List<Block> blocks, Timeline timeline) {
    return Verdict.of(seen(blocks, timeline, WINDOW), timeline);
  }

  /** Of a process that allocates 100,000 blocks a second, and frees none of before. */
  public static Timeline timeline(long now, long recorded, List<Long> looks) {
    return timeline(now, recorded, looks, millis -> millis * 100, millis -> 0);
  }

  static Timeline timeline(
      long now,
      long recorded,
      List<Long> looks,
      LongUnaryOperator allocations,
      LongUnaryOperator olderFrees) {
    return timeline(now, recorded, looks, allocations, olderFrees, 0);
  }

  static Timeline timeline(
      long now,
      long recorded,
      List<Long> looks,
      LongUnaryOperator allocations,
      LongUnaryOperator olderFrees,
      long older) {
    LongFunction<Moment> moment =
        millis ->
            new Moment(
                nanos(millis), allocations.applyAsLong(millis), olderFrees.applyAsLong(millis));
    return Timeline.of(
        nanos(now),
        moment.apply(recorded),
        looks.stream().map(moment::apply).toList(),
        nanos(older));
  }

  static long nanos(long millis) {
    return TimeUnit.MILLISECONDS.toNanos(millis);
  }

  public static List<Long> looks(long window) {
    List<Long> looks = new ArrayList<>();
    for (int i = 1; i <= LOOKS; i++) {
      looks.add(window * i / (LOOKS + 1));
    }
    return looks;
  }

  /** What the looks would have seen. */
  public static Outstanding seen(List<Block> blocks, Timeline timeline, long now) {
    long recorded = timeline.recordedNanos() / 1_000_000;
    List<Long> looks = new ArrayList<>();
    timeline.looks().forEach(moment -> looks.add(moment.nanos() / 1_000_000));
    looks.add(recorded);
    long[] history = looks.stream().mapToLong(at -> bytes(live(blocks, at))).toArray();
    long[] blockHistory = looks.stream().mapToLong(at -> live(blocks, at).size()).toArray();
    long[] quarters = new long[4];
    List<Block> counted = new ArrayList<>(live(blocks, now));
    counted.removeIf(block -> nanos(now - block.born) < timeline.olderNanos());
    live(blocks, now).forEach(block -> quarters[(int) Math.min(3, block.born * 4 / recorded)]++);
    long look = timeline.looks().get(timeline.heldLook()).nanos() / 1_000_000;
    return new Outstanding(
        bytes(counted),
        counted.size(),
        live(blocks, now).stream().mapToLong(b -> nanos(now - b.born)).max().orElse(0),
        quarters,
        survivors(blocks, timeline.cutNanos(), look, now),
        survivors(blocks, timeline.cutNanos() / 2, look, now),
        history,
        blockHistory,
        0);
  }

  static Survivors survivors(List<Block> blocks, long cut, long look, long now) {
    LongPredicate isOld = born -> nanos(born) < cut;
    return new Survivors(
        live(blocks, look).stream().filter(b -> isOld.test(b.born)).count(),
        live(blocks, now).stream().filter(b -> isOld.test(b.born)).count());
  }

  static List<Block> live(List<Block> blocks, long at) {
    return blocks.stream().filter(block -> block.born <= at && at < block.dies).toList();
  }

  static long bytes(List<Block> blocks) {
    return blocks.stream().mapToLong(Block::bytes).sum();
  }
}
