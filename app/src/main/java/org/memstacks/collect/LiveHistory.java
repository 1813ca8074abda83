package org.memstacks.collect;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.LongFunction;
import org.memstacks.bpf.Layouts;
import org.memstacks.collect.Timeline.Moment;

/**
 * What was live at some ten moments of the window so far, at equal distances: whenever there are
 * sixteen, every other one is dropped, and the next ones are taken half as often. So a window of
 * any length costs eight looks for each doubling of its length.
 */
final class LiveHistory {
  static final int MOST_LOOKS = 16;
  private static final long FIRST_DISTANCE_NANOS = TimeUnit.MILLISECONDS.toNanos(250);
  /* Looks take at most one part in so many of the time. */
  private static final int IDLE_SHARE = 10;

  /**
   * What one look found.
   *
   * @param stacks their numbers; the other arrays tell of each
   * @param old blocks allocated before {@link Timeline#cutOf} the look
   * @param oldest those allocated in the first half of that time
   */
  private record Look(
      Moment moment, int[] stacks, long[] bytes, int[] blocks, int[] old, int[] oldest) {
    private static Look of(Moment moment, Map<Integer, long[]> found) {
      int[] stacks = new int[found.size()];
      long[] bytes = new long[stacks.length];
      int[] blocks = new int[stacks.length];
      int[] old = new int[stacks.length];
      int[] oldest = new int[stacks.length];
      int i = 0;
      for (Map.Entry<Integer, long[]> entry : found.entrySet()) {
        stacks[i] = entry.getKey();
        bytes[i] = entry.getValue()[0];
        blocks[i] = (int) entry.getValue()[1];
        old[i] = (int) entry.getValue()[2];
        oldest[i++] = (int) entry.getValue()[3];
      }
      return new Look(moment, stacks, bytes, blocks, old, oldest);
    }
  }

  /** A stack's sums while blocks are visited. */
  private static final class Sums {
    private long bytes;
    private long blocks;
    private long oldestNanos;
    private final long[] quarters = new long[Outstanding.QUARTERS];
    private long oldHeld;
    private long oldKept;
    private long oldestHeld;
    private long oldestKept;
    private long liveBytes;
    private long liveBlocks;
    private final long[] history;
    private final long[] blockHistory;

    Sums(int looks) {
      history = new long[looks + 1];
      blockHistory = new long[looks + 1];
    }
  }

  private final LiveBlocks live;
  private final LongFunction<Moment> moments;
  private final long begin;
  private final long olderNanos;
  private final List<Look> looks = new ArrayList<>();
  private long distance = FIRST_DISTANCE_NANOS;
  private long due;
  private Optional<Look> lastRecorded = Optional.empty();
  private long recorded = Long.MAX_VALUE;
  private long ended = Long.MAX_VALUE;

  /**
   * @param moments the counters now, by the time since the window's begin
   * @param begin of the window, by {@link BlockClock#now}
   * @param olderNanos younger blocks are evidence, but do not count as outstanding
   */
  LiveHistory(LiveBlocks live, LongFunction<Moment> moments, long begin, long olderNanos) {
    this.live = live;
    this.moments = moments;
    this.begin = begin;
    this.olderNanos = olderNanos;
    this.due = begin + distance;
  }

  /**
   * Takes a look, if it is time.
   *
   * @param meanwhile see {@link LiveBlocks#forEach(LiveBlocks.BlockVisitor, Runnable)}
   */
  void lookIfDue(Runnable meanwhile) {
    long now = BlockClock.now();
    if (now < due || recorded != Long.MAX_VALUE) {
      return;
    }
    looks.add(look(moments.apply(now - begin), meanwhile));
    long took = BlockClock.now() - now;
    if (looks.size() == MOST_LOOKS) {
      thinOut();
    }
    due = now + Math.max(distance, took * IDLE_SHARE);
  }

  /** Looks at odd places lie at multiples of the doubled distance. */
  private void thinOut() {
    for (int i = 0; i < looks.size(); i++) {
      looks.remove(i);
    }
    distance *= 2;
  }

  /** No new blocks are recorded from now on. */
  void recorded(Runnable meanwhile) {
    recorded = BlockClock.now() - begin;
    lastRecorded = Optional.of(look(moments.apply(recorded), meanwhile));
  }

  /** The window ends at this moment, by {@link BlockClock#now}. */
  void ended(long moment) {
    ended = moment - begin;
    recorded = Math.min(recorded, ended);
  }

  private Look look(Moment moment, Runnable meanwhile) {
    long cut = Timeline.cutOf(moment.nanos());
    Map<Integer, long[]> found = new HashMap<>();
    live.forEach(
        (address, bytes, stack, born) -> {
          long[] sum = found.computeIfAbsent(stack, id -> new long[4]);
          long since = BlockClock.since(begin, born);
          sum[0] += bytes;
          sum[1]++;
          sum[2] += since < cut ? 1 : 0;
          sum[3] += since < cut / 2 ? 1 : 0;
        },
        meanwhile);
    return Look.of(moment, found);
  }

  /** When it was looked so far, and now. */
  Timeline timeline() {
    long now = Math.min(BlockClock.now() - begin, ended);
    return Timeline.of(
        now,
        lastRecorded.map(Look::moment).orElseGet(() -> moments.apply(now)),
        looks.stream().map(Look::moment).toList(),
        olderNanos);
  }

  /**
   * What is live now, by stack number, and what became of stacks that had live blocks at a look.
   *
   * @param timeline of just now
   */
  Map<Integer, Outstanding> outstanding(Timeline timeline, Runnable meanwhile) {
    Map<Integer, Sums> sums = new HashMap<>();
    long now = begin + timeline.nowNanos();
    live.forEach(
        (address, bytes, stack, born) ->
            add(
                sums.computeIfAbsent(stack, id -> new Sums(looks.size())),
                bytes,
                BlockClock.since(begin, born),
                Math.min(BlockClock.age(born, now), timeline.nowNanos()),
                timeline),
        meanwhile);
    for (Look look : looks) {
      for (int stack : look.stacks) {
        sums.computeIfAbsent(stack, id -> new Sums(looks.size()));
      }
    }
    sums.remove(Layouts.STACK_ID_NONE);
    for (int i = 0; i < looks.size(); i++) {
      addLook(sums, looks.get(i), i);
    }
    addEnd(sums);
    addHeld(sums, timeline.heldLook());
    Map<Integer, Long> replaceable = replaceable(sums, timeline.heldLook());
    long all = replaceable.values().stream().mapToLong(Long::longValue).sum();
    Map<Integer, Outstanding> result = HashMap.newHashMap(sums.size());
    sums.forEach((stack, sum) ->
        result.put(
            stack,
            new Outstanding(
                sum.bytes,
                sum.blocks,
                sum.oldestNanos,
                sum.quarters,
                new Survivors(sum.oldHeld, sum.oldKept),
                new Survivors(sum.oldestHeld, sum.oldestKept),
                sum.history,
                sum.blockHistory,
                all - replaceable.getOrDefault(stack, 0L))));
    return result;
  }

  private void add(Sums sums, long bytes, long since, long age, Timeline timeline) {
    sums.liveBytes += bytes;
    sums.liveBlocks++;
    if (age >= olderNanos) {
      sums.bytes += bytes;
      sums.blocks++;
    }
    sums.oldestNanos = Math.max(sums.oldestNanos, age);
    long quarter = Math.max(1, timeline.recordedNanos() / Outstanding.QUARTERS);
    sums.quarters[(int) Math.min(since / quarter, Outstanding.QUARTERS - 1)]++;
    sums.oldKept += since < timeline.cutNanos() ? 1 : 0;
    sums.oldestKept += since < timeline.cutNanos() / 2 ? 1 : 0;
  }

  /** What was old at this look, if there is one. */
  private void addHeld(Map<Integer, Sums> sums, int heldLook) {
    if (heldLook < 0) {
      return;
    }
    Look look = looks.get(heldLook);
    for (int i = 0; i < look.stacks.length; i++) {
      Sums sum = sums.get(look.stacks[i]);
      if (sum != null) {
        sum.oldHeld += look.old[i];
        sum.oldestHeld += look.oldest[i];
      }
    }
  }

  /** Old blocks that were freed since this look, as far as their stack became less, by stack. */
  private Map<Integer, Long> replaceable(Map<Integer, Sums> sums, int heldLook) {
    Map<Integer, Long> replaceable = new HashMap<>();
    if (heldLook < 0) {
      return replaceable;
    }
    Look look = looks.get(heldLook);
    for (int i = 0; i < look.stacks.length; i++) {
      Sums sum = sums.get(look.stacks[i]);
      long gone = look.old[i];
      long less = look.blocks[i];
      if (sum != null) {
        gone -= sum.oldKept;
        less -= sum.blockHistory[looks.size()];
      }
      if (gone > 0 && less > 0) {
        replaceable.put(look.stacks[i], Math.min(gone, less));
      }
    }
    return replaceable;
  }

  /** What was live when the recording ended, or is, if it has not. */
  private void addEnd(Map<Integer, Sums> sums) {
    if (lastRecorded.isPresent()) {
      addLook(sums, lastRecorded.get(), looks.size());
      return;
    }
    for (Sums sum : sums.values()) {
      sum.history[looks.size()] = sum.liveBytes;
      sum.blockHistory[looks.size()] = sum.liveBlocks;
    }
  }

  private static void addLook(Map<Integer, Sums> sums, Look look, int number) {
    for (int i = 0; i < look.stacks.length; i++) {
      Sums sum = sums.get(look.stacks[i]);
      if (sum != null) {
        sum.history[number] = look.bytes[i];
        sum.blockHistory[number] = look.blocks[i];
      }
    }
  }
}
