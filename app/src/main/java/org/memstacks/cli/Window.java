package org.memstacks.cli;

import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;

/** Waits for the end of a collector's window. */
final class Window {
  /** What ended it. */
  enum End {
    DURATION,
    INTERRUPTED,
    TARGET_ENDED
  }

  private static final long POLL_MILLIS = 20;
  private static final int POLLS_PER_LOOK = 5;

  private Window() {}

  /**
   * @param targetAlive asked ten times a second
   * @param meanwhile done five times as often
   */
  static End await(
      Optional<Duration> duration,
      StopRequest stop,
      BooleanSupplier targetAlive,
      Runnable meanwhile)
      throws InterruptedException {
    long deadline = System.nanoTime() + duration.orElse(Duration.ofDays(36500)).toNanos();
    for (int poll = 1; ; poll++) {
      long left = TimeUnit.NANOSECONDS.toMillis(deadline - System.nanoTime());
      if (left <= 0) {
        return End.DURATION;
      }
      if (stop.await(Math.min(left, POLL_MILLIS))) {
        return End.INTERRUPTED;
      }
      if (poll % POLLS_PER_LOOK == 0 && !targetAlive.getAsBoolean()) {
        return End.TARGET_ENDED;
      }
      meanwhile.run();
    }
  }
}
