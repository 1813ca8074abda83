package org.memstacks.collect;

import java.util.Comparator;

/**
 * A probe that sees no calls any more.
 *
 * @param function whose it was, by name
 */
public record LostProbe(String function, Way way) implements Comparable<LostProbe> {
  /** What happened to it. */
  public enum Way {
    /** The instruction was written back. */
    REMOVED,
    /** Other code was written over the function's begin. */
    CHANGED,
    /** The process has its code in other pages than the file's. */
    MOVED
  }

  @Override
  public int compareTo(LostProbe other) {
    return Comparator.comparing(LostProbe::function)
        .thenComparing(LostProbe::way)
        .compare(this, other);
  }
}
