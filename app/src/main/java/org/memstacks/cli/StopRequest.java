package org.memstacks.cli;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/** SIGINT or SIGTERM as a wish to end the window early, and still write the result. */
final class StopRequest {
  private final CountDownLatch requested = new CountDownLatch(1);

  /** Asks for the end of the window. */
  void request() {
    requested.countDown();
  }

  /** True once it was asked for; false when the time passed. */
  boolean await(long millis) throws InterruptedException {
    return requested.await(millis, TimeUnit.MILLISECONDS);
  }
}
