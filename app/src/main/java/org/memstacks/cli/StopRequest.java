package org.memstacks.cli;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.function.IntSupplier;

/** SIGINT or SIGTERM as a wish to end the window early, and still write the result. */
final class StopRequest {
  private final CountDownLatch requested = new CountDownLatch(1);
  private final IntSupplier signals;
  private final BooleanSupplier signalled;

  /** Of no signals, but {@link #request}. */
  StopRequest() {
    this(() -> 0);
  }

  /**
   * @param signals how many came so far: of those after the first one there is no other notice
   */
  StopRequest(IntSupplier signals) {
    // Of the first one there is notice, and counting them takes long.
    this(signals, () -> false);
  }

  private StopRequest(IntSupplier signals, BooleanSupplier signalled) {
    this.signals = signals;
    this.signalled = signalled;
  }

  /** Asks for the end of the window. */
  void request() {
    requested.countDown();
  }

  /** True once it was asked for; false when the time passed. */
  boolean await(long millis) throws InterruptedException {
    return requested.await(millis, TimeUnit.MILLISECONDS) || signalled.getAsBoolean();
  }

  /** Another request, after this one was made: for the end of what follows the window. */
  StopRequest next() {
    int before = signals.getAsInt();
    return new StopRequest(signals, () -> signals.getAsInt() > before);
  }
}
