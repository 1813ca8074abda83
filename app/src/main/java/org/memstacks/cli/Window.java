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

  private static final long POLL_MILLIS = 100;

  private Window() {}

  /**
   * @param targetAlive asked ten times a second
   * @param meanwhile done as often
   */
  static End await(
      Optional<Duration> duration,
      StopRequest stop,
      BooleanSupplier targetAlive,
      Runnable meanwhile)
      throws InterruptedException {
    long deadline = System.nanoTime() + duration.orElse(Duration.ofDays(36500)).toNanos();
    while (true) {
      long left = TimeUnit.NANOSECONDS.toMillis(deadline - System.nanoTime());
      if (left <= 0) {
        return End.DURATION;
      }
      if (stop.await(Math.min(left, POLL_MILLIS))) {
        return End.INTERRUPTED;
      }
      if (!targetAlive.getAsBoolean()) {
        return End.TARGET_ENDED;
      }
      meanwhile.run();
    }
  }
}
