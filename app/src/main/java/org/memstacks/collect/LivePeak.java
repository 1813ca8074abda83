package org.memstacks.collect;

import java.util.concurrent.TimeUnit;
import org.memstacks.collect.BlockOptions.Histogram;

/**
 * What was live when there was most: the live blocks are added up whenever their bytes exceed those
 * of the last time by a hundredth, or by anything once they stand still, as often as that takes a
 * tenth of the time at most.
 */
final class LivePeak {
  private static final double WORTH_A_LOOK = 1.01;
  private static final int IDLE_SHARE = 10;

  private BlockSums highest = new BlockSums(Histogram.NONE);
  private long highestSeen;
  private long lastSeen;
  private long lookedAt;
  private long atNanos;
  private long restUntil;

  /** How to add up what is live now. */
  @FunctionalInterface
  interface Look {
    BlockSums take();
  }

  /**
   * To be called often.
   *
   * @param bytes live now, by the counters
   * @param begin of the window
   */
  void consider(long bytes, long begin, Look look) {
    highestSeen = Math.max(highestSeen, bytes);
    // A look takes a while, and misses some of what comes meanwhile.
    boolean standsStill = bytes == lastSeen && bytes > lookedAt && bytes > highest.bytes();
    lastSeen = bytes;
    long now = BlockClock.now();
    if ((standsStill || bytes > highest.bytes() * WORTH_A_LOOK) && now >= restUntil) {
      lookedAt = bytes;
      take(look.take(), now - begin);
      restUntil = now + (BlockClock.now() - now) * IDLE_SHARE;
    }
  }

  /** What is live at the window's end may be the most. */
  void atEnd(BlockSums sums, long begin) {
    highestSeen = Math.max(highestSeen, sums.bytes());
    take(sums, BlockClock.now() - begin);
  }

  private void take(BlockSums sums, long nanos) {
    if (sums.bytes() >= highest.bytes()) {
      highest = sums;
      atNanos = nanos;
    }
  }

  BlockSums highest() {
    return highest;
  }

  /** When it was, and the highest total that the counters showed, for people. */
  AllocationProfile.Peak peak() {
    return new AllocationProfile.Peak(
        TimeUnit.NANOSECONDS.toMillis(atNanos), highest.bytes(), highestSeen);
  }
}
