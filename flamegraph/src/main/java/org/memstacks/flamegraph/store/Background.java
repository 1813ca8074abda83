package org.memstacks.flamegraph.store;

import java.io.IOException;

/** A value that a thread of its own computes. */
final class Background<T> {
  /** What computes it. */
  interface Work<T> {
    T run() throws IOException;
  }

  private final Work<T> work;
  private final Thread thread;
  private T value;
  private Throwable failure;

  private Background(String name, Work<T> work) {
    this.work = work;
    this.thread = new Thread(this::run, name);
    thread.setDaemon(true);
  }

  static <T> Background<T> start(String name, Work<T> work) {
    Background<T> background = new Background<>(name, work);
    background.thread.start();
    return background;
  }

  private void run() {
    try {
      value = work.run();
    } catch (IOException | RuntimeException | OutOfMemoryError e) {
      failure = e;
    }
  }

  /**
   * Waits for the value; what the work threw is thrown here.
   *
   * @throws IOException if the calling thread is interrupted, too
   */
  T await() throws IOException {
    try {
      thread.join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted while writing", e);
    }
    if (failure instanceof IOException e) {
      throw e;
    }
    if (failure instanceof RuntimeException e) {
      throw e;
    }
    if (failure instanceof Error e) {
      throw e;
    }
    return value;
  }
}
