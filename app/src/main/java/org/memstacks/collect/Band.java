package org.memstacks.collect;

import java.util.concurrent.TimeUnit;
import org.memstacks.collect.BlockOptions.Histogram;

/**
 * A range of ages or sizes that are counted together.
 *
 * @param rank in ascending order
 */
public record Band(int rank, String label) implements Comparable<Band> {
  private static final long[] AGE_LIMITS = {1, 10, 60, 600, 3600};
  private static final String[] AGES = {
    "under 1 s", "1 s to 10 s", "10 s to 1 min", "1 min to 10 min", "10 min to 1 h", "over 1 h"
  };
  private static final String[] UNITS = {"B", "KiB", "MiB", "GiB", "TiB"};
  private static final int UNIT_BITS = 10;

  /** The rank of the band that a block belongs to; 0 where there are no bands. */
  static int rank(Histogram histogram, long bytes, long ageNanos) {
    return switch (histogram) {
      case NONE -> 0;
      case AGES -> ageRank(ageNanos);
      case SIZES -> Long.SIZE - Long.numberOfLeadingZeros(bytes);
    };
  }

  private static int ageRank(long nanos) {
    long seconds = TimeUnit.NANOSECONDS.toSeconds(nanos);
    int rank = 0;
    while (rank < AGE_LIMITS.length && seconds >= AGE_LIMITS[rank]) {
      rank++;
    }
    return rank;
  }

  /** The band of this rank. */
  static Band of(Histogram histogram, int rank) {
    return switch (histogram) {
      case NONE -> new Band(rank, "");
      case AGES -> new Band(rank, AGES[rank]);
      case SIZES -> new Band(rank, sizes(rank));
    };
  }

  /* From a power of two up to, and without, the next. */
  private static String sizes(int rank) {
    if (rank < 2) {
      return rank + " B";
    }
    int unit = Math.min((rank - 1) / UNIT_BITS, UNITS.length - 1);
    long from = 1L << (rank - 1 - unit * UNIT_BITS);
    return unit == 0
        ? "%d to %d B".formatted(from, 2 * from - 1)
        : "%d to %d %s".formatted(from, 2 * from, UNITS[unit]);
  }

  @Override
  public int compareTo(Band other) {
    return Integer.compare(rank, other.rank);
  }
}
