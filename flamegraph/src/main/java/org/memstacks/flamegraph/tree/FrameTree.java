package org.memstacks.flamegraph.tree;

/**
 * A finished tree: siblings in drawing order, inclusive values, differences. Node 0 is the root; a
 * parent's number is below its children's. Values are in units of 10^-{@link #scale()}.
 */
public final class FrameTree {
  private final StackTree stacks;
  private final int[] firstChild;
  private final int[] nextSibling;
  private final long[] value;
  private final long[] delta;
  private final boolean[] hasDelta;
  private final long largestDelta;

  private FrameTree(StackTree stacks) {
    this.stacks = stacks;
    int n = stacks.size;
    firstChild = new int[n];
    nextSibling = new int[n];
    value = new long[n];
    System.arraycopy(stacks.self, 0, value, 0, n);
    int[] parent = stacks.parent;
    for (int node = n - 1; node > 0; node--) {
      int p = parent[node];
      value[p] += value[node];
      nextSibling[node] = firstChild[p];
      firstChild[p] = node;
    }
    if (!stacks.chart()) {
      new SiblingOrder(stacks, firstChild, nextSibling).apply();
    }
    if (stacks.before == null) {
      delta = null;
      hasDelta = null;
      largestDelta = 0;
    } else {
      delta = new long[n];
      hasDelta = new boolean[n];
      largestDelta = computeDeltas();
    }
  }

  /** Orders and sums up a tree, which must not change afterwards. */
  public static FrameTree of(StackTree stacks) {
    return new FrameTree(stacks);
  }

  /**
   * flamegraph.pl's rule: the difference belongs to the frame where the stack ends, and a frame
   * takes part in the comparison when the first stack through it, in drawing order, does.
   */
  private long computeDeltas() {
    long largest = 0;
    for (int node = stacks.size - 1; node >= 0; node--) {
      if (stacks.differential[node]) {
        delta[node] = stacks.self[node] - stacks.before[node];
        largest = Math.max(largest, Math.abs(delta[node]));
      }
      boolean ownStack = stacks.differential[node] || stacks.self[node] != 0;
      hasDelta[node] =
          ownStack
              ? stacks.differential[node]
              : firstChild[node] != 0 && hasDelta[firstChild[node]];
    }
    return largest;
  }

  public NameTable names() {
    return stacks.names;
  }

  /** Number of nodes, the root included. */
  public int size() {
    return stacks.size;
  }

  /** Decimals of every value. */
  public int scale() {
    return stacks.scale();
  }

  /** Sum of all stacks. */
  public long total() {
    return stacks.total();
  }

  /** The node's name number, -1 for the root. */
  public int name(int node) {
    return stacks.name[node];
  }

  public int parent(int node) {
    return stacks.parent[node];
  }

  /** What ended in this very frame. */
  public long self(int node) {
    return stacks.self[node];
  }

  /** Self plus everything called from here. */
  public long value(int node) {
    return value[node];
  }

  /** The leftmost child, 0 when there is none. */
  public int firstChild(int node) {
    return firstChild[node];
  }

  /** The next sibling to the right, 0 when there is none. */
  public int nextSibling(int node) {
    return nextSibling[node];
  }

  /** Whether the frames keep the order of the input (flame chart) and thus their own start. */
  public boolean chart() {
    return stacks.chart();
  }

  /** In a flame chart, where the frame starts: the sum of all counts before it. */
  public long chartStart(int node) {
    return stacks.start[node];
  }

  /** Whether any line had two counts. */
  public boolean differential() {
    return delta != null;
  }

  /** Whether the frame takes part in the comparison. */
  public boolean hasDelta(int node) {
    return hasDelta != null && hasDelta[node];
  }

  /** After minus before of the stacks ending in this frame. */
  public long delta(int node) {
    return delta[node];
  }

  /** The largest absolute difference of any frame. */
  public long largestDelta() {
    return largestDelta;
  }
}
