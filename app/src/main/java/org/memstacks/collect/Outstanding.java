package org.memstacks.collect;

/**
 * What of one stack's blocks is live, and the evidence for a {@link Verdict}. What the evidence
 * refers to is in the {@link Timeline}.
 *
 * @param bytes live now
 * @param blocks live now
 * @param oldestNanos age of the oldest of them
 * @param quarters blocks live now, by the quarter of the recorded time in which they were allocated
 * @param held blocks allocated before {@link Timeline#cutNanos} that were live at the look {@link
 *     Timeline#heldLook}
 * @param kept those of them that are live now
 * @param history bytes live at each look, and when the recording ended, younger blocks than {@code
 *     --older} among them; not to be changed
 * @param blockHistory blocks, likewise
 */
public record Outstanding(
    long bytes,
    long blocks,
    long oldestNanos,
    long[] quarters,
    long held,
    long kept,
    long[] history,
    long[] blockHistory) {
  static final int QUARTERS = 4;

  /** Of two stacks taken for one, seen on the same timeline. */
  public Outstanding plus(Outstanding other) {
    return new Outstanding(
        bytes + other.bytes,
        blocks + other.blocks,
        Math.max(oldestNanos, other.oldestNanos),
        sum(quarters, other.quarters),
        held + other.held,
        kept + other.kept,
        sum(history, other.history),
        sum(blockHistory, other.blockHistory));
  }

  private static long[] sum(long[] first, long[] second) {
    long[] sum = first.clone();
    for (int i = 0; i < sum.length; i++) {
      sum[i] += second[i];
    }
    return sum;
  }
}
