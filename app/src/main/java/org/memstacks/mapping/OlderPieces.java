package org.memstacks.mapping;

import java.util.List;
import org.memstacks.mapping.RangeMap.Range;

/**
 * Counts the mappings from before an account began that have gone. How many there were where
 * several lay side by side the kernel does not tell: they are taken to have been as large as new
 * ones are on (geometric) average, so that a few huge ones among these matter little.
 */
final class OlderPieces {
  /* More at once is memory of another kind, a thread's stack, say: it must not outweigh a leak. */
  private static final int MOST_PER_CALL = 256;

  private boolean known;
  private long newPieces;
  private double newLogarithms;
  private long gone;

  /** From now on it is known where they are. */
  void areKnown() {
    known = true;
  }

  /** A mapping of so many bytes was made. */
  void pieceOf(long bytes) {
    newPieces++;
    newLogarithms += Math.log(bytes);
  }

  /**
   * One call made these go.
   *
   * @param before whose the older ones are
   * @return how many count
   */
  <T> int went(T before, List<Range<T>> parts) {
    List<Range<T>> older = parts.stream().filter(part -> part.value().equals(before)).toList();
    long bytes = older.stream().mapToLong(Range::bytes).sum();
    long pieces = newPieces == 0 ? 0 : Math.round(bytes / Math.exp(newLogarithms / newPieces));
    int count = (int) Math.max(older.size(), pieces > MOST_PER_CALL ? 0 : pieces);
    gone += count;
    return count;
  }

  /**
   * One call unmapped these. As long as it is not known where older ones are, they are where
   * nothing else is.
   *
   * @param before whose the older ones are
   * @return how many count
   */
  <T> int wentUnmapped(T before, List<Range<T>> parts) {
    if (known || !parts.isEmpty()) {
      return went(before, parts);
    }
    gone++;
    return 1;
  }

  /** So many did not go after all. */
  void stayed(int count) {
    gone -= count;
  }

  long gone() {
    return gone;
  }
}
