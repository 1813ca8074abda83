package org.memstacks.collect;

import java.util.List;

/**
 * When the live blocks were looked at, and what the process did meanwhile.
 *
 * @param nowNanos since the window's begin: the last look, to which an {@link Outstanding} refers
 * @param recorded until then new blocks were recorded; earlier than now when the window drains
 * @param looks earlier ones, ascending, at about equal distances
 * @param heldLook the one of them nearest to three quarters of the recorded time; -1 without looks
 * @param cutNanos two thirds of the time of that look: about half of the recorded time
 * @param olderNanos younger blocks do not count as outstanding
 */
public record Timeline(
    long nowNanos,
    Moment recorded,
    List<Moment> looks,
    int heldLook,
    long cutNanos,
    long olderNanos) {
  /* Dates of blocks are exact to a tenth of it. */
  private static final long LEAST_BIRTH_NANOS = 100_000_000;

  public Timeline {
    looks = List.copyOf(looks);
  }

  /**
   * A moment, and the counters then.
   *
   * @param nanos since the window's begin
   * @param allocations blocks recorded so far, of all stacks
   * @param olderFrees so far, of blocks from before the window
   */
  public record Moment(long nanos, long allocations, long olderFrees) {
    static final Moment BEGIN = new Moment(0, 0, 0);
  }

  static Timeline of(long nowNanos, Moment recorded, List<Moment> looks, long olderNanos) {
    int held = nearest(looks, recorded.nanos() / 4 * 3);
    return new Timeline(
        nowNanos, recorded, looks, held, held < 0 ? 0 : cutOf(looks.get(held).nanos()), olderNanos);
  }

  /** What was allocated before is old at a look. */
  static long cutOf(long look) {
    return look / 3 * 2;
  }

  /** So long new blocks were recorded. */
  public long recordedNanos() {
    return recorded.nanos();
  }

  /** Whether the window has been closed for new blocks. */
  public boolean isDraining() {
    return recorded.nanos() < nowNanos;
  }

  private static int nearest(List<Moment> looks, long nanos) {
    int nearest = -1;
    for (int i = 0; i < looks.size(); i++) {
      if (nearest < 0
          || Math.abs(looks.get(i).nanos() - nanos)
              < Math.abs(looks.get(nearest).nanos() - nanos)) {
        nearest = i;
      }
    }
    return nearest;
  }

  /** The look in the middle of the recorded time; -1 without looks. */
  int middle() {
    return nearest(looks, recorded.nanos() / 2);
  }

  /** The look at a quarter of the recorded time; -1 without looks. */
  int quarter() {
    return nearest(looks, recorded.nanos() / 4);
  }

  /** After what part of the recorded time a look was. */
  double partAt(int look) {
    return looks.get(look).nanos() / (double) recorded.nanos();
  }

  /** The last value of a history: that of the recording's end. */
  long atRecordingsEnd(long[] history) {
    return history[looks.size()];
  }

  /** Frees of blocks from before the window, from this look to the recording's end. */
  long olderFreesSince(int look) {
    return recorded.olderFrees() - looks.get(look).olderFrees();
  }

  /** By how many live blocks a stack became more in the same time. */
  long blocksSince(int look, Outstanding outstanding) {
    long[] history = outstanding.blockHistory();
    return atRecordingsEnd(history) - history[look];
  }

  /** What part of all that the process allocated came in the last so many steps. */
  double shareOfActivity(int lastSteps) {
    if (lastSteps == 0 || recorded.allocations() == 0) {
      return 0;
    }
    int before = looks.size() - lastSteps;
    long then = before < 0 ? 0 : looks.get(before).allocations();
    return (recorded.allocations() - then) / (double) recorded.allocations();
  }

  /** How much the process allocated in the later half, as a part of what it did in the earlier. */
  double continuedActivity() {
    long earlier = allocationsAt(recorded.nanos() / 2);
    return earlier == 0 ? 1 : (recorded.allocations() - earlier) / (double) earlier;
  }

  /**
   * How much of what goes on from one look to another is to be expected from there to the
   * recording's end: as the time is longer, or as the process allocated less.
   */
  double continuedActivity(int from, int to) {
    Moment first = looks.get(from);
    Moment last = looks.get(to);
    double longer =
        (recorded.nanos() - last.nanos()) / (double) Math.max(1, last.nanos() - first.nanos());
    long before = last.allocations() - first.allocations();
    return before == 0
        ? longer
        : Math.min(longer, (recorded.allocations() - last.allocations()) / (double) before);
  }

  /** As between the looks before and after it. */
  private long allocationsAt(long nanos) {
    Moment before = Moment.BEGIN;
    for (Moment look : looks) {
      if (look.nanos() >= nanos) {
        return between(before, look, nanos);
      }
      before = look;
    }
    return between(before, recorded, nanos);
  }

  private static long between(Moment before, Moment after, long nanos) {
    double part = (nanos - before.nanos()) / (double) Math.max(1, after.nanos() - before.nanos());
    return before.allocations() + (long) (part * (after.allocations() - before.allocations()));
  }

  /**
   * By how many bytes a second an outstanding amount grew in the later half of the time. When only
   * older blocks count, or the short-lived ones have gone: what is left, over the time in which it
   * was allocated.
   */
  public double bytesPerSecond(Outstanding outstanding) {
    int middle = middle();
    if (isDraining() || middle < 0 || olderNanos > 0) {
      long born = Math.min(recorded.nanos(), nowNanos - olderNanos);
      return perSecond(outstanding.bytes(), Math.max(LEAST_BIRTH_NANOS, born));
    }
    return perSecond(
        outstanding.bytes() - outstanding.history()[middle], nowNanos - looks.get(middle).nanos());
  }

  private static double perSecond(long bytes, long nanos) {
    return nanos <= 0 ? 0 : bytes * 1e9 / nanos;
  }

  /** How many steps there are from one look to the next, the window's begin the first. */
  public int steps() {
    return looks.size() + 1;
  }

  /** In how many of the {@link #steps} an outstanding amount grew. */
  public int rises(Outstanding outstanding) {
    return Rhythm.of(outstanding.history(), this).rises();
  }

  /** Whether its bytes rose several times, and go on to, and never fell. */
  public boolean onlyRises(Outstanding outstanding) {
    return Rhythm.of(outstanding.history(), this).onlyRises();
  }
}
