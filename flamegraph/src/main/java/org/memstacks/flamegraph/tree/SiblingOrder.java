package org.memstacks.flamegraph.tree;

import java.util.Arrays;

/**
 * Puts siblings into the order which sorting whole folded lines gives: by the bytes of the name
 * followed by a blank if stacks end in the frame, by a semicolon if not.
 */
final class SiblingOrder {
  private static final byte BLANK = ' ';
  private static final byte SEMICOLON = ';';

  /** Families of up to this size are sorted by insertion. */
  private static final int SMALL = 16;

  private final StackTree stacks;
  private final int[] firstChild;
  private final int[] nextSibling;

  /** To so many frames a name it pays to sort all names before the first long list. */
  private static final int MANY = 64;

  /** Ranks of names, once families are many enough for sorting all names to pay. */
  private int[] rank;

  private final boolean many;
  private final long worthwhile;
  private long compared;
  private long[] family = new long[64];

  SiblingOrder(StackTree stacks, int[] firstChild, int[] nextSibling) {
    this.stacks = stacks;
    this.firstChild = firstChild;
    this.nextSibling = nextSibling;
    this.many = stacks.size > (long) MANY * stacks.names.size();
    this.worthwhile = 8L * stacks.names.size();
  }

  void apply() {
    for (int node = 0; node < stacks.size; node++) {
      int first = firstChild[node];
      if (first != 0 && nextSibling[first] != 0) {
        sort(node);
      }
    }
  }

  private void sort(int parent) {
    int count = 0;
    for (int child = firstChild[parent]; child != 0; child = nextSibling[child]) {
      if (count == family.length) {
        family = Arrays.copyOf(family, 2 * count);
      }
      int key = 2 * stacks.name(child) + (stacks.endsStacks(child) ? 0 : 1);
      family[count++] = (long) key << 32 | child;
    }
    compared += count * (32L - Integer.numberOfLeadingZeros(count));
    if (rank == null && (compared > worthwhile || (count > SMALL && many))) {
      rank = ranks();
    }
    if (rank != null) {
      sortByRank(count);
    } else if (count > SMALL) {
      mergeSort(family, Arrays.copyOf(family, count), 0, count);
    } else {
      insertionSort(count);
    }
    firstChild[parent] = (int) family[0];
    for (int i = 0; i < count; i++) {
      nextSibling[(int) family[i]] = i + 1 < count ? (int) family[i + 1] : 0;
    }
  }

  private void sortByRank(int count) {
    for (int i = 0; i < count; i++) {
      family[i] = (long) rank[(int) (family[i] >> 32)] << 32 | (int) family[i];
    }
    if (count > SMALL) {
      Arrays.sort(family, 0, count);
      return;
    }
    for (int i = 1; i < count; i++) {
      long entry = family[i];
      int at = i;
      for (; at > 0 && family[at - 1] > entry; at--) {
        family[at] = family[at - 1];
      }
      family[at] = entry;
    }
  }

  private void insertionSort(int count) {
    for (int i = 1; i < count; i++) {
      long entry = family[i];
      int at = i;
      for (; at > 0 && compare((int) (family[at - 1] >> 32), (int) (entry >> 32)) > 0; at--) {
        family[at] = family[at - 1];
      }
      family[at] = entry;
    }
  }

  /** The rank of each name with a blank (even index) and with a semicolon (odd index). */
  private int[] ranks() {
    long[] keys = new long[2 * stacks.names.size()];
    for (int i = 0; i < keys.length; i++) {
      keys[i] = (long) i << 32;
    }
    mergeSort(keys, keys.clone(), 0, keys.length);
    int[] ranks = new int[keys.length];
    for (int i = 0; i < keys.length; i++) {
      ranks[(int) (keys[i] >> 32)] = i;
    }
    return ranks;
  }

  /** Sorts entries by the key in their upper half; both arrays hold them at first. */
  private void mergeSort(long[] to, long[] from, int start, int end) {
    if (end - start < 2) {
      return;
    }
    int middle = (start + end) >>> 1;
    mergeSort(from, to, start, middle);
    mergeSort(from, to, middle, end);
    int left = start;
    int right = middle;
    for (int i = start; i < end; i++) {
      if (right == end
          || (left < middle && compare((int) (from[left] >> 32), (int) (from[right] >> 32)) <= 0)) {
        to[i] = from[left++];
      } else {
        to[i] = from[right++];
      }
    }
  }

  private int compare(int a, int b) {
    return stacks.names.compare(
        a >>> 1, (a & 1) == 0 ? BLANK : SEMICOLON, b >>> 1, (b & 1) == 0 ? BLANK : SEMICOLON);
  }
}
