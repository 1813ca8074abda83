package org.memstacks.flamegraph.tree;

import java.util.Arrays;

/**
 * A finished tree: siblings in drawing order, inclusive values, differences. Node 0 is the root; a
 * parent's number is below its children's. Values are in units of 10^-{@link #scale()}.
 */
public final class FrameTree {
  private final StackTree stacks;
  private final Comparison comparison;
  private final int[] firstChild;
  private final int[] nextSibling;
  private final long[] self;
  private final long[] value;
  private final LeafDeltas leafDeltas;
  private final long[] beforeValue;
  private final long[] afterValue;

  private FrameTree(StackTree stacks, Comparison comparison) {
    this.stacks = stacks;
    this.comparison = comparison;
    int n = stacks.size;
    firstChild = new int[n];
    nextSibling = new int[n];
    for (int node = n - 1; node > 0; node--) {
      int p = stacks.parent(node);
      nextSibling[node] = firstChild[p];
      firstChild[p] = node;
    }
    if (!stacks.chart()) {
      new SiblingOrder(stacks, firstChild, nextSibling).apply();
    }
    if (comparison == Comparison.INCLUSIVE) {
      long[] before = stacks.before == null ? new long[n] : stacks.before;
      self = larger(before, stacks.self, n);
      beforeValue = inclusive(before, n);
      afterValue = inclusive(stacks.self, n);
    } else {
      self = stacks.self;
      beforeValue = null;
      afterValue = null;
    }
    value = inclusive(self, n);
    leafDeltas =
        comparison == Comparison.LEAF && stacks.before != null
            ? LeafDeltas.of(stacks, firstChild)
            : null;
  }

  /** Orders and sums up a tree, which must not change afterwards. */
  public static FrameTree of(StackTree stacks, Comparison comparison) {
    return new FrameTree(stacks, comparison);
  }

  private static long[] larger(long[] before, long[] after, int size) {
    long[] self = new long[size];
    for (int i = 0; i < size; i++) {
      self[i] = Math.max(before[i], after[i]);
    }
    return self;
  }

  private long[] inclusive(long[] column, int size) {
    long[] sums = Arrays.copyOf(column, size);
    for (int node = size - 1; node > 0; node--) {
      int p = stacks.parent(node);
      sums[p] += sums[node];
      if (sums[p] < 0) {
        throw new TreeLimitException("the counts add up to more than 2^63 - 1");
      }
    }
    return sums;
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

  /** The value of the root. */
  public long total() {
    return value[0];
  }

  /** The node's name number, -1 for the root. */
  public int name(int node) {
    return stacks.name(node);
  }

  public int parent(int node) {
    return stacks.parent(node);
  }

  /** Whether any line of the input ends in this frame, be it with a count of 0. */
  public boolean endsStacks(int node) {
    return stacks.endsStacks(node);
  }

  /** What ended in this very frame. */
  public long self(int node) {
    return self[node];
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

  /** What the differences of this tree mean. */
  public Comparison comparison() {
    return comparison == Comparison.LEAF && leafDeltas == null ? Comparison.NONE : comparison;
  }

  /** With {@link Comparison#LEAF}: the differences of the stacks ending in each frame. */
  public LeafDeltas leafDeltas() {
    return leafDeltas;
  }

  /** With {@link Comparison#INCLUSIVE}: what ended in this very frame before. */
  public long selfBefore(int node) {
    return stacks.before == null ? 0 : stacks.before[node];
  }

  /** With {@link Comparison#INCLUSIVE}: what ended in this very frame after. */
  public long selfAfter(int node) {
    return stacks.self[node];
  }

  /** With {@link Comparison#INCLUSIVE}: the frame's value before. */
  public long before(int node) {
    return beforeValue[node];
  }

  /** With {@link Comparison#INCLUSIVE}: the frame's value after. */
  public long after(int node) {
    return afterValue[node];
  }
}
