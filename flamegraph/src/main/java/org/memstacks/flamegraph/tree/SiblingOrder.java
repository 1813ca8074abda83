package org.memstacks.flamegraph.tree;

import java.util.Arrays;

/**
 * Puts siblings into the order which sorting whole folded lines gives: by the bytes of the name
 * followed by a blank if stacks end in the frame, by a semicolon if not.
 */
final class SiblingOrder {
  private static final byte BLANK = ' ';
  private static final byte SEMICOLON = ';';

  private final StackTree stacks;
  private final int[] firstChild;
  private final int[] nextSibling;
  private int[] rank;
  private long[] family = new long[64];

  SiblingOrder(StackTree stacks, int[] firstChild, int[] nextSibling) {
    this.stacks = stacks;
    this.firstChild = firstChild;
    this.nextSibling = nextSibling;
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
    if (rank == null) {
      rank = ranks();
    }
    int count = 0;
    for (int child = firstChild[parent]; child != 0; child = nextSibling[child]) {
      if (count == family.length) {
        family = Arrays.copyOf(family, 2 * count);
      }
      int key = 2 * stacks.name(child) + (stacks.endsStacks(child) ? 0 : 1);
      family[count++] = (long) rank[key] << 32 | child;
    }
    Arrays.sort(family, 0, count);
    firstChild[parent] = (int) family[0];
    for (int i = 0; i < count; i++) {
      nextSibling[(int) family[i]] = i + 1 < count ? (int) family[i + 1] : 0;
    }
  }

  /** The rank of each name with a blank (even index) and with a semicolon (odd index). */
  private int[] ranks() {
    int[] keys = new int[2 * stacks.names.size()];
    for (int i = 0; i < keys.length; i++) {
      keys[i] = i;
    }
    mergeSort(keys, keys.clone(), 0, keys.length);
    int[] ranks = new int[keys.length];
    for (int i = 0; i < keys.length; i++) {
      ranks[keys[i]] = i;
    }
    return ranks;
  }

  private void mergeSort(int[] to, int[] from, int start, int end) {
    if (end - start < 2) {
      return;
    }
    int middle = (start + end) >>> 1;
    mergeSort(from, to, start, middle);
    mergeSort(from, to, middle, end);
    int left = start;
    int right = middle;
    for (int i = start; i < end; i++) {
      if (right == end || (left < middle && compare(from[left], from[right]) <= 0)) {
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
