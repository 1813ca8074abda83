package org.memstacks.cli;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** What is missing of forked children that were not traced. */
final class ChildLosses {
  /** Named one by one; there may be many. */
  private static final int MOST_NAMED = 8;

  private final int mostAtOnce;
  private final int mostEver;
  private final List<String> untraced = new ArrayList<>();
  private long tooShort;
  private long longestNanos;
  private long crowdedOut;
  private long tooMany;
  private long tooLate;

  /**
   * @param mostAtOnce that are traced at the same time
   * @param mostEver that are traced in one run
   */
  ChildLosses(int mostAtOnce, int mostEver) {
    this.mostAtOnce = mostAtOnce;
    this.mostEver = mostEver;
  }

  /** One ended before its probes were in. */
  void endedTooSoon(long livedNanos) {
    tooShort++;
    longestNanos = Math.max(longestNanos, livedNanos);
  }

  /** For so many there was no room beside others. */
  void crowdedOut(long children) {
    crowdedOut += children;
  }

  /** So many came when no more were taken in. */
  void tooMany(long children) {
    tooMany += children;
  }

  /** So many had no probes when the window ended. */
  void tooLate(long children) {
    tooLate += children;
  }

  /** One could not be traced, or read out. */
  void failed(String what) {
    untraced.add(what);
  }

  /**
   * In words.
   *
   * @param missedEvents of the family, which may have been of children
   */
  List<String> missing(long missedEvents) {
    List<String> missing =
        new ArrayList<>(untraced.subList(0, Math.min(MOST_NAMED, untraced.size())));
    if (untraced.size() > MOST_NAMED) {
      missing.add(
          Count.of("child is", "children are", (long) untraced.size() - MOST_NAMED)
              + " not traced either, for such reasons");
    }
    if (tooShort > 0) {
      missing.add(
          String.format(
              Locale.ROOT,
              "%s ended before probes were in, the longest-lived after %.2f s: what they allocated is not counted",
              Count.of("forked child", "forked children", tooShort),
              longestNanos / 1e9));
    }
    if (crowdedOut > 0) {
      missing.add(
          "%s not traced, as %d %s at the same time: raise --max-children"
              .formatted(forkedChildren(crowdedOut), mostAtOnce, mostAtOnce == 1 ? "was" : "were"));
    }
    if (tooMany > 0) {
      missing.add(
          "%s not traced, as %d had been in this run: trace for less long"
              .formatted(forkedChildren(tooMany), mostEver));
    }
    if (tooLate > 0) {
      missing.add(
          forkedChildren(tooLate) + " not traced, as the window ended before probes were in");
    }
    if (missedEvents > 0) {
      missing.add(
          Count.of("fork, exec or end", "forks, execs and ends", missedEvents)
              + " came faster than they could be followed: children may be missing");
    }
    return missing;
  }

  private static String forkedChildren(long number) {
    return Count.of("forked child was", "forked children were", number);
  }
}
