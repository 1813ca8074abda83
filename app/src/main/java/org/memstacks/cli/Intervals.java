package org.memstacks.cli;

import java.time.Duration;
import java.util.Optional;
import java.util.function.LongSupplier;

/** Tells when the next table is due; the one at the window's end is not among them. */
final class Intervals {
  private final LongSupplier clock;
  private final long interval;
  private final long window;
  private final long begin;
  private long shown;

  /**
   * Begins now.
   *
   * @param window its length, if it has one
   */
  Intervals(Duration interval, Optional<Duration> window) {
    this(interval, window, System::nanoTime);
  }

  Intervals(Duration interval, Optional<Duration> window, LongSupplier clock) {
    this.clock = clock;
    this.interval = interval.toNanos();
    this.window = window.map(Duration::toNanos).orElse(Long.MAX_VALUE);
    this.begin = clock.getAsLong();
  }

  /** True once for each interval that ended; those missed are not made up for. */
  boolean isDue() {
    long ended = (clock.getAsLong() - begin) / interval;
    boolean due = ended > shown && ended * interval < window;
    shown = ended;
    return due;
  }
}
