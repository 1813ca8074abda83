package org.memstacks.collect;

/**
 * In what steps something of a stack, its live blocks or their bytes, changed from look to look.
 *
 * @param rises in how many steps it rose
 * @param falls in how many it fell
 * @param largestFall by how much it fell below what it had been before, at most
 * @param largestFallPart the same as a part of what it had been before, where that is largest
 * @param longestPause steps from one rise to the next, at most
 * @param pause steps since the last rise
 * @param activity what part of the window's allocations, of all stacks, came in that pause
 * @param steps all there are
 * @param last at the end
 */
record Rhythm(
    int rises,
    int falls,
    long largestFall,
    double largestFallPart,
    int longestPause,
    int pause,
    double activity,
    int steps,
    long last) {
  /* A fall of fewer, or of a smaller part of them, comes by chance. */
  private static final int LEAST_FALL = 8;
  private static final double LEAST_FALL_PART = 0.25;
  /* What fell less than this part of what there is now may have been another thing. */
  private static final double NOTABLE = 0.05;
  /* Fewer steps may be without a rise by chance. */
  private static final int LEAST_PAUSE = 3;
  private static final int PAUSES = 2;
  private static final int SEVERAL = 3;
  /* With less work, nothing need come. */
  private static final double WORKS = 0.5;

  /**
   * @param history at each look, and when the recording ended
   */
  static Rhythm of(long[] history, Timeline timeline) {
    long peak = 0;
    long before = 0;
    int rises = 0;
    int falls = 0;
    long largestFall = 0;
    double largestPart = 0;
    int longestPause = 0;
    int pause = 0;
    for (long now : history) {
      if (peak - now >= LEAST_FALL) {
        largestFall = Math.max(largestFall, peak - now);
        largestPart = Math.max(largestPart, (peak - now) / (double) peak);
      }
      falls += now < before ? 1 : 0;
      pause++;
      if (now > before) {
        rises++;
        longestPause = Math.max(longestPause, pause);
        pause = 0;
      }
      peak = Math.max(peak, now);
      before = now;
    }
    return new Rhythm(
        rises,
        falls,
        largestFall,
        largestPart,
        longestPause,
        pause,
        timeline.shareOfActivity(pause),
        timeline.steps(),
        before);
  }

  /** Whether it lost a good part once, and so may do it again. */
  boolean fellBack() {
    return largestFallPart >= LEAST_FALL_PART && largestFall >= last * NOTABLE;
  }

  /** Whether it rose several times, and goes on to, and never fell. */
  boolean onlyRises() {
    return rises >= SEVERAL && falls == 0 && pause <= longestPause;
  }

  /** Whether no more came in the end, though the process worked on. */
  boolean stopped() {
    return pause >= LEAST_PAUSE
        && pause > PAUSES * longestPause
        && activity >= WORKS * pause / steps;
  }
}
