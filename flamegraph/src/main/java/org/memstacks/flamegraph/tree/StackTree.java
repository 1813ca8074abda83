package org.memstacks.flamegraph.tree;

import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.Arrays;

/**
 * Stacks merged by call path while they are read. Node 0 is the root and has no name; a parent's
 * number is always below its children's.
 *
 * <p>Counts are fixed-point numbers in a {@code long}, all with the same number of decimals, {@link
 * #scale()}, which grows when a count with more decimals comes. Not safe for use by several
 * threads.
 */
public final class StackTree {
  /** Decimals kept of a count; further ones are rounded half to even by the reader. */
  public static final int MAX_SCALE = 9;

  private static final int MAX_NODES = (1 << 30) - 1;

  final NameTable names;
  int[] parent = new int[1 << 10];
  int[] name = new int[1 << 10];
  long[] self = new long[1 << 10];

  /** Counts of the first column of differential lines; null while there are none. */
  long[] before;

  /** Whether a differential line ends at the node; null while there are none. */
  boolean[] differential;

  /** In a flame chart: the sum of all counts before this node's first; null otherwise. */
  long[] start;

  int size = 1;
  private int scale;
  private long total;
  private long totalBefore;
  private final boolean chart;
  private int[] slots = new int[1 << 11];
  private int mask = slots.length - 1;

  private int[] lastIds = new int[64];
  private int[] lastNodes = new int[64];
  private int lastLength;

  /**
   * An empty tree over {@code names}.
   *
   * @param chart whether to keep the order of the stacks (flame chart) and merge neighbours only
   */
  public StackTree(NameTable names, boolean chart) {
    this.names = names;
    this.chart = chart;
    name[0] = -1;
    parent[0] = -1;
    if (chart) {
      start = new long[parent.length];
    }
  }

  public NameTable names() {
    return names;
  }

  /** Decimals of every count in this tree, 0 to {@link #MAX_SCALE}. */
  public int scale() {
    return scale;
  }

  /** Number of nodes, the root included. */
  public int size() {
    return size;
  }

  /** Sum of all counts. */
  public long total() {
    return total;
  }

  /** Sum of all counts before. */
  public long totalBefore() {
    return totalBefore;
  }

  /** Whether the tree keeps the order of the stacks. */
  public boolean chart() {
    return chart;
  }

  /** Adds a stack, root first, with its count in units of 10^-scale. */
  public void add(int[] ids, int length, long count) {
    int node = nodeFor(ids, length);
    self[node] += count;
    addTotal(count);
  }

  /** Adds a stack of a differential line, with a count before and after. */
  public void addDifferential(int[] ids, int length, long countBefore, long countAfter) {
    int node = nodeFor(ids, length);
    makeDifferential();
    before[node] += countBefore;
    totalBefore = exactSum(totalBefore, countBefore);
    self[node] += countAfter;
    differential[node] = true;
    addTotal(countAfter);
  }

  /** Adds a stack of the input that others are compared with. */
  public void addBefore(int[] ids, int length, long count) {
    int node = nodeFor(ids, length);
    makeDifferential();
    before[node] += count;
    totalBefore = exactSum(totalBefore, count);
    differential[node] = true;
  }

  /** Whether any line ends in a node, one with a count of 0 only counting if it has two. */
  boolean endsStacks(int node) {
    return self[node] != 0 || (differential != null && differential[node]);
  }

  /**
   * Scales the counts before so that they add up to those after, keeping as many decimals as fit.
   *
   * @throws TreeLimitException if there are no counts before
   */
  public void normalizeBefore() {
    if (totalBefore == 0) {
      throw new TreeLimitException("the first input has no counts, so it cannot be normalized");
    }
    int decimals = scale;
    long most = Math.max(total, totalBefore);
    while (decimals < MAX_SCALE && most < Long.MAX_VALUE / 40) {
      most *= 10;
      decimals++;
    }
    raiseScale(decimals);
    BigDecimal factor = BigDecimal.valueOf(total);
    BigDecimal divisor = BigDecimal.valueOf(totalBefore);
    for (int node = 0; node < size; node++) {
      if (before[node] != 0) {
        before[node] =
            BigDecimal.valueOf(before[node])
                .multiply(factor)
                .divide(divisor, 0, RoundingMode.HALF_EVEN)
                .longValueExact();
      }
    }
    totalBefore = total;
  }

  private void makeDifferential() {
    if (before == null) {
      before = new long[parent.length];
      differential = new boolean[parent.length];
    }
  }

  private void addTotal(long count) {
    total = exactSum(total, count);
  }

  private static long exactSum(long a, long b) {
    long sum = a + b;
    if (sum < 0) {
      throw new TreeLimitException("the counts add up to more than 2^63 - 1");
    }
    return sum;
  }

  /** Makes room for at least {@code decimals} decimals in every count. */
  public void raiseScale(int decimals) {
    if (decimals <= scale) {
      return;
    }
    long factor = 1;
    for (int i = scale; i < decimals; i++) {
      factor *= 10;
    }
    if (Math.max(total, totalBefore) > Long.MAX_VALUE / factor) {
      throw new TreeLimitException(
          "the counts add up to more than 2^63 - 1 in units of the smallest decimal");
    }
    multiply(self, factor);
    if (before != null) {
      multiply(before, factor);
    }
    if (start != null) {
      multiply(start, factor);
    }
    total *= factor;
    totalBefore *= factor;
    scale = decimals;
  }

  private void multiply(long[] column, long factor) {
    for (int i = 0; i < size; i++) {
      column[i] *= factor;
    }
  }

  /** Adds the counts of a node of another tree; the totals stay. */
  void addCounts(StackTree other, int from, int to) {
    self[to] += other.self[from];
    if (other.before != null) {
      makeDifferential();
      before[to] += other.before[from];
      differential[to] |= other.differential[from];
    }
  }

  void addTotals(StackTree other) {
    total = exactSum(total, other.total);
    totalBefore = exactSum(totalBefore, other.totalBefore);
  }

  private int nodeFor(int[] ids, int length) {
    if (length > lastIds.length) {
      int capacity = Math.max(length, 2 * lastIds.length);
      lastIds = Arrays.copyOf(lastIds, capacity);
      lastNodes = Arrays.copyOf(lastNodes, capacity);
    }
    int common = 0;
    int limit = Math.min(length, lastLength);
    while (common < limit && ids[common] == lastIds[common]) {
      common++;
    }
    int node = common == 0 ? 0 : lastNodes[common - 1];
    boolean fresh = chart;
    for (int i = common; i < length; i++) {
      node = fresh ? append(node, ids[i]) : child(node, ids[i]);
      lastIds[i] = ids[i];
      lastNodes[i] = node;
    }
    lastLength = length;
    return node;
  }

  int child(int parentNode, int nameId) {
    int slot = mix(parentNode, nameId) & mask;
    for (int node; (node = slots[slot]) != 0; slot = (slot + 1) & mask) {
      if (parent[node] == parentNode && name[node] == nameId) {
        return node;
      }
    }
    int node = append(parentNode, nameId);
    slots[slot] = node;
    if (2 * size > slots.length) {
      rehash();
    }
    return node;
  }

  private static int mix(int parentNode, int nameId) {
    int h = parentNode * 0x9E3779B1 + nameId * 0x85EBCA77;
    return h ^ (h >>> 15);
  }

  int append(int parentNode, int nameId) {
    if (size == parent.length) {
      grow();
    }
    int node = size++;
    parent[node] = parentNode;
    name[node] = nameId;
    if (chart) {
      start[node] = total;
    }
    return node;
  }

  private void grow() {
    if (size >= MAX_NODES) {
      throw new TreeLimitException("more than 2^30 different frames");
    }
    int capacity = (int) Math.min(MAX_NODES, size + (size >> 1) + 16L);
    parent = Arrays.copyOf(parent, capacity);
    name = Arrays.copyOf(name, capacity);
    self = Arrays.copyOf(self, capacity);
    if (before != null) {
      before = Arrays.copyOf(before, capacity);
      differential = Arrays.copyOf(differential, capacity);
    }
    if (start != null) {
      start = Arrays.copyOf(start, capacity);
    }
  }

  private void rehash() {
    slots = new int[2 * slots.length];
    mask = slots.length - 1;
    for (int node = 1; node < size; node++) {
      int slot = mix(parent[node], name[node]) & mask;
      while (slots[slot] != 0) {
        slot = (slot + 1) & mask;
      }
      slots[slot] = node;
    }
  }
}
