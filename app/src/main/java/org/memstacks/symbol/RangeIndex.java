package org.memstacks.symbol;

import java.util.Arrays;
import java.util.Comparator;
import java.util.PriorityQueue;

/**
 * Ranges that may overlap, flattened so that one binary search tells which covers an address: of
 * several, the one with the highest index.
 */
final class RangeIndex {
  private static final int GAP = -1;

  private final long[] starts;
  private final int[] owners;

  private RangeIndex(long[] starts, int[] owners) {
    this.starts = starts;
    this.owners = owners;
  }

  /**
   * @param count how many elements of the arrays are used
   * @param start first address of each range, at least 0
   * @param end address behind each range; a range with {@code end <= start} covers nothing
   */
  static RangeIndex of(int count, long[] start, long[] end) {
    int[] byStart = order(count, start);
    long[] starts = new long[2 * count + 1];
    int[] owners = new int[2 * count + 1];
    int size = 0;
    int last = GAP;
    int next = 0;
    long position = 0;
    PriorityQueue<Integer> open = new PriorityQueue<>(Comparator.reverseOrder());
    while (true) {
      while (next < count && start[byStart[next]] <= position) {
        open.add(byStart[next++]);
      }
      while (!open.isEmpty() && end[open.peek()] <= position) {
        open.remove();
      }
      int owner = open.isEmpty() ? GAP : open.peek();
      if (owner != last) {
        starts[size] = position;
        owners[size++] = owner;
        last = owner;
      }
      if (owner == GAP && next == count) {
        return new RangeIndex(Arrays.copyOf(starts, size), Arrays.copyOf(owners, size));
      }
      long following = next < count ? start[byStart[next]] : Long.MAX_VALUE;
      position = owner == GAP ? following : Math.min(end[owner], following);
    }
  }

  /** The index of the range that covers the address, -1 when none does. */
  int find(long address) {
    int at = Arrays.binarySearch(starts, address);
    if (at < 0) {
      at = -at - 2;
    }
    return at < 0 ? GAP : owners[at];
  }

  /** The indexes 0 to count-1 by ascending key, equal keys by ascending index. */
  static int[] order(int count, long[] key) {
    int[] from = new int[count];
    boolean sorted = true;
    for (int i = 0; i < count; i++) {
      from[i] = i;
      sorted &= i == 0 || key[i - 1] <= key[i];
    }
    int[] to = sorted ? from : new int[count];
    for (int width = 1; !sorted && width < count && width > 0; width *= 2) {
      for (int low = 0; low < count; low += 2 * width) {
        merge(from, to, key, low, Math.min(low + width, count), Math.min(low + 2 * width, count));
      }
      int[] swap = from;
      from = to;
      to = swap;
    }
    return from;
  }

  private static void merge(int[] from, int[] to, long[] key, int low, int middle, int high) {
    int left = low;
    int right = middle;
    for (int at = low; at < high; at++) {
      boolean takeLeft = left < middle && (right == high || key[from[left]] <= key[from[right]]);
      to[at] = from[takeLeft ? left++ : right++];
    }
  }
}
