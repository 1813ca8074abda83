package org.memstacks.flamegraph.tree;

/**
 * flamegraph.pl's differences: after minus before of the stacks ending in a frame. A frame takes
 * part in the comparison when the first stack through it, in drawing order, has two counts.
 */
public final class LeafDeltas {
  private final long[] delta;
  private final boolean[] present;
  private final long largest;

  private LeafDeltas(long[] delta, boolean[] present, long largest) {
    this.delta = delta;
    this.present = present;
    this.largest = largest;
  }

  static LeafDeltas of(StackTree stacks, int[] firstChild) {
    long[] delta = new long[stacks.size];
    boolean[] present = new boolean[stacks.size];
    long largest = 0;
    for (int node = stacks.size - 1; node >= 0; node--) {
      if (stacks.differential[node]) {
        delta[node] = stacks.self[node] - stacks.before[node];
        largest = Math.max(largest, Math.abs(delta[node]));
      }
      present[node] =
          stacks.endsStacks(node)
              ? stacks.differential[node]
              : firstChild[node] != 0 && present[firstChild[node]];
    }
    return new LeafDeltas(delta, present, largest);
  }

  /** Whether the frame takes part in the comparison. */
  public boolean has(int node) {
    return present[node];
  }

  /** The difference, 0 for frames where no stack ends. */
  public long of(int node) {
    return delta[node];
  }

  /** The largest absolute difference. */
  public long largest() {
    return largest;
  }
}
