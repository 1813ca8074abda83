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

  /** The parent's number in the upper half, the name's in the lower one. */
  long[] path = new long[1 << 10];

  long[] self = new long[1 << 10];

  /** Counts of the first column of differential lines; null while there are none. */
  long[] before;

  /** Whether a differential line ends at the node; null while there are none. */
  boolean[] differential;

  /** In a flame chart: the sum of all counts before this node's first; null otherwise. */
  long[] start;

  int size = 1;
  private int expected;
  private int scale;
  private long total;
  private long totalBefore;
  private final boolean chart;

  /**
   * Children by path, in open addressing; without those that directly follow their parent, which
   * need no search: seven of eight in deep stacks.
   */
  private int[] slots = new int[1 << 10];

  private int mask = slots.length - 1;
  private int inSlots;

  /** Nodes from here on were appended and are not in {@link #slots} yet. */
  private int indexed = 1;

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
    path[0] = -1;
    if (chart) {
      start = new long[path.length];
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

  /** Says how many nodes there will probably be, so that columns grow to that size at once. */
  public void expect(long nodes) {
    expected = (int) Math.min(MAX_NODES, nodes);
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
    long left = total;
    int largest = 0;
    for (int node = 0; node < size; node++) {
      if (before[node] != 0) {
        before[node] =
            BigDecimal.valueOf(before[node])
                .multiply(factor)
                .divide(divisor, 0, RoundingMode.HALF_EVEN)
                .longValueExact();
        left -= before[node];
        largest = before[node] > before[largest] ? node : largest;
      }
    }
    // What the last decimals do not hold, where it matters least: both sums are to be the same.
    before[largest] += left;
    totalBefore = total;
  }

  private void makeDifferential() {
    if (before == null) {
      before = new long[path.length];
      differential = new boolean[path.length];
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

  /** Adds all counts of another tree, whose node {@code i} is {@code nodes[i]} here. */
  void addCounts(StackTree other, int[] nodes) {
    for (int node = 0; node < nodes.length; node++) {
      self[nodes[node]] += other.self[node];
    }
    if (other.before != null) {
      makeDifferential();
      for (int node = 0; node < nodes.length; node++) {
        before[nodes[node]] += other.before[node];
        differential[nodes[node]] |= other.differential[node];
      }
    }
    total = exactSum(total, other.total);
    totalBefore = exactSum(totalBefore, other.totalBefore);
  }

  private int nodeFor(int[] ids, int length) {
    if (length > lastIds.length) {
      int capacity = Math.max(length, 2 * lastIds.length);
      lastIds = Arrays.copyOf(lastIds, capacity);
      lastNodes = Arrays.copyOf(lastNodes, capacity);
    }
    int[] seenIds = lastIds;
    int[] seenNodes = lastNodes;
    int common = 0;
    int limit = Math.min(length, lastLength);
    while (common < limit && ids[common] == seenIds[common]) {
      common++;
    }
    int node = common == 0 ? 0 : seenNodes[common - 1];
    for (int i = common; i < length; i++) {
      node = chart ? append(node, ids[i]) : child(node, ids[i]);
      seenIds[i] = ids[i];
      seenNodes[i] = node;
    }
    lastLength = length;
    return node;
  }

  /** The number of a node's parent; -1 for the root. */
  int parent(int node) {
    return (int) (path[node] >> 32);
  }

  /** The number of a node's name; -1 for the root. */
  public int name(int node) {
    return (int) path[node];
  }

  int child(int parentNode, int nameId) {
    long wanted = (long) parentNode << 32 | nameId;
    int following = parentNode + 1;
    if (following < size && path[following] == wanted) {
      return following;
    }
    if (indexed < size) {
      index();
    }
    if (following == size) {
      indexed++;
      return append(parentNode, nameId);
    }
    int slot = slotOf(wanted);
    if (slots[slot] != 0) {
      return slots[slot];
    }
    int node = append(parentNode, nameId);
    indexed++;
    slots[slot] = node;
    if (2 * ++inSlots > slots.length) {
      rehash(2L * slots.length);
    }
    return node;
  }

  /** The child with this name among those that {@link #index} knows; 0 if there is none. */
  int find(int parentNode, int nameId) {
    long wanted = (long) parentNode << 32 | nameId;
    int following = parentNode + 1;
    return following < size && path[following] == wanted ? following : slots[slotOf(wanted)];
  }

  /** Where a path stands in {@link #slots}, or is to stand. */
  private int slotOf(long wanted) {
    int[] table = slots;
    long[] paths = path;
    int last = mask;
    int slot = mix(wanted) & last;
    for (int node; (node = table[slot]) != 0; slot = (slot + 1) & last) {
      if (paths[node] == wanted) {
        break;
      }
    }
    return slot;
  }

  /** Makes nodes that were appended known to {@link #child} and {@link #find}. */
  void index() {
    for (; indexed < size; indexed++) {
      if (parent(indexed) != indexed - 1) {
        if (2 * ++inSlots > slots.length) {
          rehash(2L * slots.length);
        }
        insert(indexed);
      }
    }
  }

  private void insert(int node) {
    int slot = mix(path[node]) & mask;
    while (slots[slot] != 0) {
      slot = (slot + 1) & mask;
    }
    slots[slot] = node;
  }

  private static int mix(long key) {
    long h = key * 0x9E3779B97F4A7C15L;
    return (int) (h >>> 32) ^ (int) (h >>> 11);
  }

  int append(int parentNode, int nameId) {
    if (size == path.length) {
      grow();
    }
    int node = size++;
    path[node] = (long) parentNode << 32 | nameId;
    if (chart) {
      start[node] = total;
    }
    return node;
  }

  private void grow() {
    if (size >= MAX_NODES) {
      throw new TreeLimitException("more than 2^30 different frames");
    }
    long least = size + (size >> (expected > size ? 3 : 1)) + 16L;
    resize((int) Math.min(MAX_NODES, Math.max(expected, least)));
  }

  /** Makes room for this many nodes. */
  void reserve(long nodes) {
    if (nodes > path.length) {
      resize((int) Math.min(MAX_NODES, nodes));
    }
  }

  private void resize(int capacity) {
    path = Arrays.copyOf(path, capacity);
    self = Arrays.copyOf(self, capacity);
    if (before != null) {
      before = Arrays.copyOf(before, capacity);
      differential = Arrays.copyOf(differential, capacity);
    }
    if (start != null) {
      start = Arrays.copyOf(start, capacity);
    }
  }

  private void rehash(long least) {
    long wanted = least;
    long expectedInSlots = (long) ((double) inSlots / size * expected);
    while (wanted < 2 * expectedInSlots && wanted < 1 << 30) {
      wanted *= 2;
    }
    slots = new int[(int) wanted];
    mask = slots.length - 1;
    for (int node = 1; node < indexed; node++) {
      if (parent(node) != node - 1) {
        insert(node);
      }
    }
  }
}
