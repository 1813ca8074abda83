package org.memstacks.cli;

import java.time.Duration;

/** Tells when the next table is due; the last one, at the window's end, is not told. */
final class Intervals {
  private final long nanos;
  private final long begin = System.nanoTime();
  private long shown;

  Intervals(Duration interval) {
    this.nanos = interval.toNanos();
  }

  /** True once for each interval that ended; intervals missed are not made up for. */
  boolean isDue() {
    long ended = (System.nanoTime() - begin) / nanos;
    boolean due = ended > shown;
    shown = ended;
    return due;
  }
}
