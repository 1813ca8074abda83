package org.memstacks.collect;

import java.util.List;

/**
 * What is attributed to one stack.
 *
 * @param bytes requested by the program
 * @param blocks live blocks, or allocations in all mode
 * @param shares of the value, by ascending band; empty unless a histogram was asked for
 */
public record StackValue(RawStack stack, long bytes, long blocks, List<Share> shares) {
  public StackValue {
    shares = List.copyOf(shares);
  }

  /** An undivided value. */
  public StackValue(RawStack stack, long bytes, long blocks) {
    this(stack, bytes, blocks, List.of());
  }

  /** What of a value falls into one band. */
  public record Share(Band band, long bytes, long blocks) {
    /** Both together. */
    public Share plus(Share other) {
      return new Share(band, bytes + other.bytes, blocks + other.blocks);
    }
  }
}
