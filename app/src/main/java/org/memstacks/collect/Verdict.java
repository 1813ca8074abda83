package org.memstacks.collect;

import java.util.stream.IntStream;
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
  /*
   * Blocks that were merely in flight at the begin are gone by then. Later, what is freed of older ones may be a
   * cache that is swept or evicted in heaps.
   */
  private static final double IN_FLIGHT_PART = 0.2;
  /* So many rises without a fall are no chance. */
  private static final int ENOUGH_RISES = 8;
  /* Whether a step has a rise may depend on when the look was. */
  private static final int LONGEST_PAUSE = 2;
  /* What comes less and less fills up. */
  private static final double UNABATED = 0.6;

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
    Rhythm rhythm = Rhythm.of(outstanding.blockHistory(), timeline);
    boolean grows =
        comes(outstanding, timeline) && !rhythm.stopped() && stays(outstanding, timeline);
    if (grows || climbs(outstanding, timeline, rhythm)) {
      return rhythm.fellBack()
              || mayReplaceOlder(outstanding, timeline)
              || mayReplaceOthers(outstanding, timeline)
          ? TOO_EARLY
          : GROWING;
    }
    return outstanding.old().kept() == 0 ? IN_FLIGHT : STEADY;
  }

  /**
   * Judges many stacks of few blocks as one.
   *
   * @param sum of stacks, those among them that have no more blocks
   */
  public static Verdict ofMany(Outstanding sum, Timeline timeline) {
    return sum.liveBlocks() < ENOUGH_HELD ? STEADY : of(sum, timeline);
  }

  /** Whether a stack has so few blocks that others like it may tell more than it does itself. */
  public static boolean isOfFew(Outstanding outstanding) {
    return Math.max(
            outstanding.liveBlocks(), LongStream.of(outstanding.blockHistory()).max().orElse(0))
        < ENOUGH_HELD;
  }

  /** Whether blocks of all parts of the window are there, of late too. */
  private static boolean comes(Outstanding outstanding, Timeline timeline) {
    long[] quarters = outstanding.quarters();
    long earlier = quarters[0] + quarters[1];
    long later = quarters[2] + quarters[3];
    double expected = earlier * Math.min(1, timeline.continuedActivity());
    return earlier + later >= LEAST_BLOCKS
        && LongStream.of(quarters).allMatch(blocks -> blocks > 0)
        && later >= expected * CONTINUED
        // Those of the last quarter may just be young.
        && quarters[2] >= expected / 2 * CONTINUED * CONTINUED;
  }

  private static boolean stays(Outstanding outstanding, Timeline timeline) {
    Survivors old = outstanding.old();
    return old.kept() > 0
        && (old.held() < ENOUGH_HELD
            ? isBeyondChance(outstanding, timeline)
            : isKept(old) || areOldestKept(outstanding, timeline));
  }

  private static boolean isKept(Survivors survivors) {
    return survivors.kept() >= survivors.held() * KEPT;
  }

  /**
   * Whether what is left of the first quarter stays, where blocks of the first half still go since
   * one stack brings both what leaks and what lives for a while. Its live blocks must have become
   * more, by what stayed of the first half: else what is left is what was taken once.
   */
  private static boolean areOldestKept(Outstanding outstanding, Timeline timeline) {
    long[] quarters = outstanding.quarters();
    double expected =
        (quarters[0] + quarters[1]) * Math.min(1, timeline.continuedActivity()) * CONTINUED;
    return outstanding.oldest().held() >= ENOUGH_HELD
        && isKept(outstanding.oldest())
        && quarters[1] >= quarters[0] * CONTINUED
        && timeline.blocksSince(timeline.middle(), outstanding) >= expected;
  }

  /** Of few blocks none may go, and their bytes may never fall. */
  private static boolean isBeyondChance(Outstanding outstanding, Timeline timeline) {
    return outstanding.old().kept() == outstanding.old().held()
        && Rhythm.of(outstanding.history(), timeline).falls() == 0
        && timeline.atRecordingsEnd(outstanding.history())
            >= outstanding.history()[timeline.middle()] * (1 + CONTINUED);
  }

  /**
   * Whether a stack's blocks became more in nearly every step and never less, to the end and
   * unabated, though old ones need not stay or the start brought most of them.
   */
  private static boolean climbs(Outstanding outstanding, Timeline timeline, Rhythm rhythm) {
    return outstanding.liveBlocks() >= ENOUGH_HELD
        && rhythm.rises() >= ENOUGH_RISES
        && rhythm.falls() == 0
        && rhythm.longestPause() <= LONGEST_PAUSE
        && lateGrowth(outstanding, timeline) >= expectedLately(outstanding, timeline) * UNABATED
        && (isBurstWithLeak(outstanding, rhythm) || isRenewed(outstanding, timeline, rhythm));
  }

  /** What the second quarter brought, over the later half, as far as the process worked on. */
  private static double expectedLately(Outstanding outstanding, Timeline timeline) {
    int quarter = timeline.quarter();
    int middle = timeline.middle();
    long[] history = outstanding.blockHistory();
    return (history[middle] - history[quarter]) * timeline.continuedActivity(quarter, middle);
  }

  /** By how many blocks it became more in the later half that have not gone since. */
  private static long lateGrowth(Outstanding outstanding, Timeline timeline) {
    long[] history = outstanding.blockHistory();
    return Math.min(timeline.atRecordingsEnd(history), outstanding.liveBlocks())
        - history[timeline.middle()];
  }

  /** Whether what came after the first quarter stays, however much that brought. */
  private static boolean isBurstWithLeak(Outstanding outstanding, Rhythm rhythm) {
    Survivors later = outstanding.old().minus(outstanding.oldest());
    return rhythm.pause() == 0
        && later.held() >= ENOUGH_HELD
        && isKept(later)
        && isKept(outstanding.oldest());
  }

  /**
   * Whether it became more than blocks can that each live for a time of their own: of what comes
   * evenly, the later half of the time adds as many as are left of the first half's, for blocks of
   * each age that are there at the end came at some time in the window. If it added more, blocks
   * were put in the place of those that went, and these too stay for good.
   */
  private static boolean isRenewed(Outstanding outstanding, Timeline timeline, Rhythm rhythm) {
    long kept = outstanding.old().kept();
    long growth = lateGrowth(outstanding, timeline);
    return rhythm.pause() < LONGEST_PAUSE
        && growth > REPLACED_DOUBT * kept + CHANCE * Math.sqrt(kept)
        && growth > CHANCE * Math.sqrt(outstanding.liveBlocks());
  }

  /**
   * Whether about as many blocks from before the window were freed as this stack became more, since
   * some moment of the first half: it may be a cache that is full, and slower to turn over than the
   * window is long, or swept now and then.
   */
  private static boolean mayReplaceOlder(Outstanding outstanding, Timeline timeline) {
    return IntStream.rangeClosed(0, timeline.middle())
        .filter(look -> look == timeline.middle() || timeline.partAt(look) >= IN_FLIGHT_PART)
        .anyMatch(look -> mayReplace(outstanding, timeline, look, timeline.olderFreesSince(look)));
  }

  /**
   * The same of other stacks' blocks of the window's first half, which are known to be freed in its
   * last quarter: a cache that one function fills and another renews.
   */
  private static boolean mayReplaceOthers(Outstanding outstanding, Timeline timeline) {
    int look = timeline.heldLook();
    return outstanding.replaceable() > 0
        && mayReplace(
            outstanding,
            timeline,
            look,
            outstanding.replaceable() + timeline.olderFreesSince(look));
  }

  private static boolean mayReplace(
      Outstanding outstanding, Timeline timeline, int look, long freed) {
    double doubt = outstanding.old().held() < ENOUGH_HELD ? REPLACED_DOUBT_OF_FEW : REPLACED_DOUBT;
    return freed > 0
        && timeline.blocksSince(look, outstanding) <= doubt * freed + CHANCE * Math.sqrt(freed);
  }

  /** A buffer that realloc makes larger all the time: each time it is a new block. */
  private static boolean isOneThatGrows(Outstanding outstanding, Timeline timeline) {
    return outstanding.liveBlocks() < LEAST_BLOCKS
        && timeline.rises(outstanding) == timeline.steps();
  }
}
