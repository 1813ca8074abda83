package org.memstacks.flamegraph.layout;

/** Hoare's selection; sorting all widths would take longer, and load classes for it. */
final class Selection {
  private Selection() {}

  /** The value that would be at {@code rank} if the first {@code size} values were sorted. */
  static long select(long[] values, int size, int rank) {
    int low = 0;
    int high = size - 1;
    while (low < high) {
      long pivot = median(values[low], values[(low + high) >>> 1], values[high]);
      int left = low;
      int right = high;
      while (left <= right) {
        while (values[left] < pivot) {
          left++;
        }
        while (values[right] > pivot) {
          right--;
        }
        if (left <= right) {
          long value = values[left];
          values[left++] = values[right];
          values[right--] = value;
        }
      }
      if (rank <= right) {
        high = right;
      } else if (rank >= left) {
        low = left;
      } else {
        return values[rank];
      }
    }
    return values[low];
  }

  private static long median(long a, long b, long c) {
    return Math.max(Math.min(a, b), Math.min(Math.max(a, b), c));
  }
}
