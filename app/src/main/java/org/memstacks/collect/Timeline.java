package org.memstacks.collect;

import java.util.List;

/**
 * When the live blocks were looked at, in nanoseconds since the window's begin.
 *
 * @param nowNanos the last look, to which an {@link Outstanding} refers
 * @param recordedNanos until then new blocks were recorded; less than now when the window drains
 * @param looks earlier ones, ascending, at about equal distances
 * @param heldLook the one of them nearest to three quarters of the recorded time; -1 without looks
 * @param cutNanos two thirds of the time of that look: about half of the recorded time
 */
public record Timeline(
    long nowNanos, long recordedNanos, List<Long> looks, int heldLook, long cutNanos) {
  public Timeline {
    looks = List.copyOf(looks);
  }

  static Timeline of(long nowNanos, long recordedNanos, List<Long> looks) {
    int held = nearest(looks, recordedNanos / 4 * 3);
    return new Timeline(
        nowNanos, recordedNanos, looks, held, held < 0 ? 0 : cutOf(looks.get(held)));
  }

  /** What was allocated before is old at a look. */
  static long cutOf(long look) {
    return look / 3 * 2;
  }

  /** Whether the window has been closed for new blocks. */
  public boolean isDraining() {
    return recordedNanos < nowNanos;
  }

  private static int nearest(List<Long> looks, long moment) {
    int nearest = -1;
    for (int i = 0; i < looks.size(); i++) {
      if (nearest < 0 || Math.abs(looks.get(i) - moment) < Math.abs(looks.get(nearest) - moment)) {
        nearest = i;
      }
    }
    return nearest;
  }

  /** By how many bytes a second an outstanding amount grew in the later half of the time. */
  public double bytesPerSecond(Outstanding outstanding) {
    int middle = nearest(looks, recordedNanos / 2);
    if (isDraining() || middle < 0) {
      // What is left after the short-lived blocks have gone, over the time it came in.
      return perSecond(outstanding.bytes(), recordedNanos);
    }
    return perSecond(
        outstanding.bytes() - outstanding.history()[middle], nowNanos - looks.get(middle));
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
    int rises = 0;
    long before = 0;
    for (long bytes : outstanding.history()) {
      rises += bytes > before ? 1 : 0;
      before = bytes;
    }
    return rises + (!isDraining() && outstanding.bytes() > before ? 1 : 0);
  }
}
