package org.memstacks.target;

import java.util.Arrays;

/**
 * Which pages of a process were in memory, or in swap, at one moment: ranges of page numbers
 * (address / 4096), ascending, not overlapping, each with what the kernel said of its pages.
 * Immutable.
 */
public final class ResidentPages {
  /** The page lies in memory. */
  public static final int PRESENT = 1;

  /** The page lies in swap. */
  public static final int SWAPPED = 2;

  /** The page is a file's, or shared memory's. */
  public static final int FILE = 4;

  /** The shared zero page, which does not count as resident. */
  public static final int ZERO = 8;

  /** Mapped by a huge page table entry. */
  public static final int HUGE = 16;

  private final long[] first;
  private final long[] end;
  private final byte[] kinds;

  private ResidentPages(long[] first, long[] end, byte[] kinds) {
    this.first = first;
    this.end = end;
    this.kinds = kinds;
  }

  /** Takes ranges in ascending order. */
  public static final class Builder {
    private long[] first = new long[1024];
    private long[] end = new long[1024];
    private byte[] kinds = new byte[1024];
    private int size;

    /** Pages from {@code from} up to {@code to}, exclusive; joined to the last range if alike. */
    public Builder add(long from, long to, int kind) {
      if (size > 0 && end[size - 1] == from && kinds[size - 1] == kind) {
        end[size - 1] = to;
        return this;
      }
      if (size == first.length) {
        first = Arrays.copyOf(first, 2 * size);
        end = Arrays.copyOf(end, 2 * size);
        kinds = Arrays.copyOf(kinds, 2 * size);
      }
      first[size] = from;
      end[size] = to;
      kinds[size] = (byte) kind;
      size++;
      return this;
    }

    public ResidentPages build() {
      return new ResidentPages(
          Arrays.copyOf(first, size), Arrays.copyOf(end, size), Arrays.copyOf(kinds, size));
    }
  }

  /** Number of ranges. */
  public int ranges() {
    return first.length;
  }

  public long first(int range) {
    return first[range];
  }

  /** Exclusive. */
  public long end(int range) {
    return end[range];
  }

  /**
   * Combination of {@link #PRESENT}, {@link #SWAPPED}, {@link #FILE}, {@link #ZERO}, {@link #HUGE}.
   */
  public int kind(int range) {
    return kinds[range];
  }

  /** Whether the range counts towards the resident set, hugetlb pages apart. */
  public boolean isResident(int range) {
    return (kinds[range] & (PRESENT | ZERO)) == PRESENT;
  }

  public boolean isSwapped(int range) {
    return (kinds[range] & SWAPPED) != 0;
  }

  /** Whether this page counts towards the resident set, or to hugetlbfs. */
  public boolean isPageResident(long page) {
    int at = Arrays.binarySearch(first, page);
    int range = at >= 0 ? at : -at - 2;
    return range >= 0 && page < end[range] && isResident(range);
  }
}
