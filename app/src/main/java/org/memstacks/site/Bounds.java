package org.memstacks.site;

/** Between which values something lies, both included, compared unsigned. */
public record Bounds(long least, long most) {
  static final Bounds ANY = new Bounds(0, -1);

  static Bounds exactly(long value) {
    return new Bounds(value, value);
  }

  /** What lies in this or in the other. */
  Bounds or(Bounds other) {
    return new Bounds(min(least, other.least), max(most, other.most));
  }

  /** What lies in both; this, where nothing can. */
  Bounds and(Bounds other) {
    long from = max(least, other.least);
    long to = min(most, other.most);
    return Long.compareUnsigned(from, to) > 0 ? this : new Bounds(from, to);
  }

  /** This without one value, as far as that leaves a single range. */
  Bounds without(long value) {
    if (least == most) {
      return this;
    }
    return value == least
        ? new Bounds(least + 1, most)
        : value == most ? new Bounds(least, most - 1) : this;
  }

  /** Whether everything in it is at least this. */
  public boolean isAtLeast(long value) {
    return Long.compareUnsigned(least, value) >= 0;
  }

  /** Whether everything in it is at most this. */
  public boolean isAtMost(long value) {
    return Long.compareUnsigned(most, value) <= 0;
  }

  private static long min(long a, long b) {
    return Long.compareUnsigned(a, b) <= 0 ? a : b;
  }

  private static long max(long a, long b) {
    return Long.compareUnsigned(a, b) >= 0 ? a : b;
  }
}
