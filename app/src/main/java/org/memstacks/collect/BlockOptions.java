package org.memstacks.collect;

import java.time.Duration;

/**
 * Which blocks count, and what is told of them.
 *
 * @param minSize requests of fewer bytes are left out
 * @param maxSize and those of more
 * @param older only blocks that are at least this old when they are counted
 * @param view what the values of stacks are
 * @param histogram by what a stack's value is divided
 * @param mappings whether what the process maps by itself counts, too
 */
public record BlockOptions(
    long minSize, long maxSize, Duration older, View view, Histogram histogram, boolean mappings) {
  /** All blocks, undivided. */
  public static final BlockOptions ALL =
      new BlockOptions(0, -1, Duration.ZERO, View.UNFREED, Histogram.NONE);

  /** Of the allocator's blocks alone. */
  public BlockOptions(long minSize, long maxSize, Duration older, View view, Histogram histogram) {
    this(minSize, maxSize, older, view, histogram, false);
  }

  /** What a stack's value is. */
  public enum View {
    /** Blocks not freed at the end. */
    UNFREED,
    /** Blocks not freed at the moment when there was most. */
    PEAK,
    /** Blocks that their thread freed before it allocated anything else. */
    TEMPORARY
  }

  /** By what a stack's value is divided. */
  public enum Histogram {
    NONE,
    AGES,
    SIZES
  }

  /** Whether requests of some sizes are left out. */
  public boolean filtersSizes() {
    return minSize != ALL.minSize || maxSize != ALL.maxSize;
  }
}
