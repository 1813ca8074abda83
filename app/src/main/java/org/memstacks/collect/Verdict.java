package org.memstacks.collect;

/**
 * What becomes of the blocks of a stack, judged by when the live ones were allocated and by whether
 * the old ones are still being freed. In the order of concern.
 */
public enum Verdict {
  /** Blocks of all parts of the window stay, and none of the old ones is freed any more. */
  GROWING("growing"),
  /** Old blocks stay, but are freed in the end, or no more come. */
  STEADY("steady"),
  /** No block of the window's first half is live: what is there is there for a while. */
  IN_FLIGHT("in flight"),
  /** The window is too short to tell. */
  TOO_EARLY("too early");

  /* Below, a request that takes a second looks like one that never ends. */
  private static final long LEAST_NANOS = 2_000_000_000;
  private static final int LEAST_LOOKS = 5;
  private static final int LEAST_BLOCKS = 8;
  /*
   * Of blocks that live for a time distributed exponentially, this share is left after another quarter of the window
   * when they live for five windows on average.
   */
  private static final double KEPT = 0.95;
  /* A cache that has filled up brings no more; a leak as much as before. */
  private static final double CONTINUED = 0.5;

  private final String text;

  Verdict(String text) {
    this.text = text;
  }

  /** For people. */
  public String text() {
    return text;
  }

  /**
   * Judges a stack.
   *
   * @param outstanding as seen on this timeline
   */
  public static Verdict of(Outstanding outstanding, Timeline timeline) {
    if (timeline.recordedNanos() < LEAST_NANOS || timeline.looks().size() < LEAST_LOOKS) {
      return TOO_EARLY;
    }
    if (staysAndComes(outstanding) || isOneThatGrows(outstanding, timeline)) {
      return GROWING;
    }
    return outstanding.kept() == 0 ? IN_FLIGHT : STEADY;
  }

  private static boolean staysAndComes(Outstanding outstanding) {
    long[] quarters = outstanding.quarters();
    long first = quarters[0] + quarters[1];
    long blocks = first + quarters[2] + quarters[3];
    return outstanding.kept() > 0
        && outstanding.kept() >= outstanding.held() * KEPT
        && blocks >= LEAST_BLOCKS
        && Math.min(quarters[0], quarters[1]) > 0
        // Those of the last quarter may just be young.
        && quarters[2] >= first / 2.0 * CONTINUED
        && quarters[3] >= first / 2.0 * CONTINUED;
  }

  /** A buffer that realloc makes larger all the time: each time it is a new block. */
  private static boolean isOneThatGrows(Outstanding outstanding, Timeline timeline) {
    return outstanding.blocks() > 0
        && outstanding.blocks() < LEAST_BLOCKS
        && timeline.rises(outstanding) == timeline.steps();
  }
}
