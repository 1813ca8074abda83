package org.memstacks.collect;

import java.util.stream.LongStream;

/**
 * What becomes of the blocks of a stack, judged by when the live ones were allocated and by whether
 * the old ones are still being freed. In the order of concern.
 */
public enum Verdict {
  /** Blocks of all parts of the window stay, and none of the old ones is freed any more. */
  GROWING("growing"),
  /**
   * The window is too short to tell: so short, or what grows may take the place of older blocks.
   */
  TOO_EARLY("too early"),
  /** Old blocks stay, but are freed in the end, or no more come. */
  STEADY("steady"),
  /** No block of the window's first half is live: what is there is there for a while. */
  IN_FLIGHT("in flight");

  /* Below, a request that takes a second looks like one that never ends. */
  private static final long LEAST_NANOS = 2_000_000_000;
  private static final int LEAST_LOOKS = 5;
  private static final int LEAST_BLOCKS = 8;
  /*
   * Of blocks that live for a time distributed exponentially, this share is left after another quarter of the window
   * when they live for five windows on average.
   */
  private static final double KEPT = 0.95;
  /* Fewer may all stay by chance: of blocks that live for a window on average, 40 in one of thousands of cases. */
  private static final int ENOUGH_HELD = 40;
  /* A cache that has filled up brings no more; a leak as much as before, or as the process's work permits. */
  private static final double CONTINUED = 0.5;
  /*
   * A full cache brings as many as it frees of older ones, give or take what chance does. Events that come by
   * themselves deviate by the root of their number: this is three times that of two such counts, and a quarter besides
   * for those that come in heaps.
   */
  private static final double REPLACED_DOUBT = 1.25;
  private static final double CHANCE = 4;
  /* Few blocks come in heaps more easily. */
  private static final double REPLACED_DOUBT_OF_FEW = 2;

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
    if (isOneThatGrows(outstanding, timeline)) {
      return GROWING;
    }
    if (staysAndComes(outstanding, timeline)) {
      return mayReplaceOlder(outstanding, timeline) ? TOO_EARLY : GROWING;
    }
    return outstanding.kept() == 0 ? IN_FLIGHT : STEADY;
  }

  private static boolean staysAndComes(Outstanding outstanding, Timeline timeline) {
    long[] quarters = outstanding.quarters();
    long earlier = quarters[0] + quarters[1];
    long later = quarters[2] + quarters[3];
    double expected = earlier * Math.min(1, timeline.continuedActivity());
    boolean comes =
        earlier + later >= LEAST_BLOCKS
            && LongStream.of(quarters).allMatch(blocks -> blocks > 0)
            && later >= expected * CONTINUED
            // Those of the last quarter may just be young.
            && quarters[2] >= expected / 2 * CONTINUED * CONTINUED;
    return comes
        && outstanding.kept() > 0
        && (outstanding.held() < ENOUGH_HELD
            ? isBeyondChance(outstanding, timeline)
            : outstanding.kept() >= outstanding.held() * KEPT);
  }

  /** Of few blocks none may go, and their bytes may never fall. */
  private static boolean isBeyondChance(Outstanding outstanding, Timeline timeline) {
    return outstanding.kept() == outstanding.held()
        && timeline.falls(outstanding) == 0
        && timeline.atRecordingsEnd(outstanding.history())
            >= outstanding.history()[timeline.middle()] * (1 + CONTINUED);
  }

  /**
   * Whether about as many blocks from before the window were freed lately as this stack became
   * more: it may be a cache that is full, and slower to turn over than the window is long.
   */
  private static boolean mayReplaceOlder(Outstanding outstanding, Timeline timeline) {
    long older = timeline.lateOlderFrees();
    double doubt = outstanding.held() < ENOUGH_HELD ? REPLACED_DOUBT_OF_FEW : REPLACED_DOUBT;
    return older > 0
        && timeline.lateBlocks(outstanding) <= doubt * older + CHANCE * Math.sqrt(older);
  }

  /** A buffer that realloc makes larger all the time: each time it is a new block. */
  private static boolean isOneThatGrows(Outstanding outstanding, Timeline timeline) {
    return LongStream.of(outstanding.quarters()).sum() < LEAST_BLOCKS
        && timeline.rises(outstanding) == timeline.steps();
  }
}
