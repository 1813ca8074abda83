package org.memstacks.collect;

import java.util.List;
import java.util.function.ToLongFunction;

/**
 * When the live blocks were looked at, and what the process did meanwhile.
 *
 * @param now the last look, to which an {@link Outstanding} refers
 * @param recordedNanos until then new blocks were recorded; earlier than now when the window drains
 * @param looks earlier ones, ascending, at about equal distances
 * @param heldLook the one of them nearest to three quarters of the recorded time; -1 without looks
 * @param cutNanos two thirds of the time of that look: about half of the recorded time
 */
public record Timeline(
    Moment now, long recordedNanos, List<Moment> looks, int heldLook, long cutNanos) {
  public Timeline {
    looks = List.copyOf(looks);
  }

  /**
   * A moment, and the counters then.
   *
   * @param nanos since the window's begin
   * @param allocations blocks recorded so far, of all stacks
   * @param otherFrees so far, of blocks that were not recorded: most from before the window
   */
  public record Moment(long nanos, long allocations, long otherFrees) {
    static final Moment BEGIN = new Moment(0, 0, 0);
  }

  static Timeline of(Moment now, long recordedNanos, List<Moment> looks) {
    int held = nearest(looks, recordedNanos / 4 * 3);
    return new Timeline(
        now, recordedNanos, looks, held, held < 0 ? 0 : cutOf(looks.get(held).nanos()));
  }

  /** What was allocated before is old at a look. */
  static long cutOf(long look) {
    return look / 3 * 2;
  }

  /** Nanoseconds since the window's begin. */
  public long nowNanos() {
    return now.nanos();
  }

  /** Whether the window has been closed for new blocks. */
  public boolean isDraining() {
    return recordedNanos < now.nanos();
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
    return nearest(looks, recordedNanos / 2);
  }

  /** Frees of blocks that were not recorded, in the later half of the time. */
  long lateOtherFrees() {
    return now.otherFrees() - at(recordedNanos / 2, Moment::otherFrees);
  }

  /** How much the process allocated in the later half, as a part of what it did in the earlier. */
  double continuedActivity() {
    long earlier = at(recordedNanos / 2, Moment::allocations);
    return earlier == 0 ? 1 : (now.allocations() - earlier) / (double) earlier;
  }

  /** A counter's value at some moment, as between the looks before and after it. */
  private long at(long nanos, ToLongFunction<Moment> counter) {
    Moment before = Moment.BEGIN;
    for (Moment look : looks) {
      if (look.nanos() >= nanos) {
        return between(before, look, nanos, counter);
      }
      before = look;
    }
    return between(before, now, nanos, counter);
  }

  private static long between(
      Moment before, Moment after, long nanos, ToLongFunction<Moment> counter) {
    long from = counter.applyAsLong(before);
    double part = (nanos - before.nanos()) / (double) Math.max(1, after.nanos() - before.nanos());
    return from + (long) (part * (counter.applyAsLong(after) - from));
  }

  /** By how many bytes a second an outstanding amount grew in the later half of the time. */
  public double bytesPerSecond(Outstanding outstanding) {
    int middle = middle();
    if (isDraining() || middle < 0) {
      // What is left after the short-lived blocks have gone, over the time it came in.
      return perSecond(outstanding.bytes(), recordedNanos);
    }
    return perSecond(
        outstanding.bytes() - outstanding.history()[middle],
        now.nanos() - looks.get(middle).nanos());
  }

  private static double perSecond(long bytes, long nanos) {
    return nanos <= 0 ? 0 : bytes * 1e9 / nanos;
  }

  /** How many steps there are from one look to the next, the window's begin the first. */
  public int steps() {
    return looks.size() + (isDraining() ? 0 : 1);
  }

  /** In how many of the {@link #steps} an outstanding amount grew. */
  public int rises(Outstanding outstanding) {
    return count(outstanding, 1);
  }

  /** In how many of the {@link #steps} it fell. */
  int falls(Outstanding outstanding) {
    return count(outstanding, -1);
  }

  private int count(Outstanding outstanding, int sign) {
    int steps = 0;
    long before = 0;
    for (long bytes : outstanding.history()) {
      steps += Long.compare(bytes, before) == sign ? 1 : 0;
      before = bytes;
    }
    boolean last = !isDraining() && Long.compare(outstanding.bytes(), before) == sign;
    return steps + (last ? 1 : 0);
  }
}
