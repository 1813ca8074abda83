package org.memstacks.collect;

import java.util.stream.LongStream;

/**
 * What of one stack's blocks is live, and the evidence for a {@link Verdict}. What the evidence
 * refers to is in the {@link Timeline}.
 *
 * @param bytes live now
 * @param blocks live now
 * @param oldestNanos age of the oldest of them
 * @param quarters blocks live now, by the quarter of the recorded time in which they were allocated
 * @param old of blocks allocated before {@link Timeline#cutNanos}
 * @param oldest of those allocated in the first half of that time
 * @param history bytes live at each look, and when the recording ended, younger blocks than {@code
 *     --older} among them; not to be changed
 * @param blockHistory blocks, likewise
 * @param replaceable blocks of other stacks, as old, that were freed since the look {@link
 *     Timeline#heldLook}, by which these stacks became less: this one's may be in their place
 */
public record Outstanding(
    long bytes,
    long blocks,
    long oldestNanos,
    long[] quarters,
    Survivors old,
    Survivors oldest,
    long[] history,
    long[] blockHistory,
    long replaceable) {
  static final int QUARTERS = 4;

  /** Of two stacks taken for one, seen on the same timeline. */
  public Outstanding plus(Outstanding other) {
    return new Outstanding(
        bytes + other.bytes,
        blocks + other.blocks,
        Math.max(oldestNanos, other.oldestNanos),
        sum(quarters, other.quarters),
        old.plus(other.old),
        oldest.plus(other.oldest),
        sum(history, other.history),
        sum(blockHistory, other.blockHistory),
        Math.min(replaceable, other.replaceable));
  }

  /** Live now, younger ones than {@code --older} among them. */
  long liveBlocks() {
    return LongStream.of(quarters).sum();
  }

  private static long[] sum(long[] first, long[] second) {
    long[] sum = first.clone();
    for (int i = 0; i < sum.length; i++) {
      sum[i] += second[i];
    }
    return sum;
  }
}
