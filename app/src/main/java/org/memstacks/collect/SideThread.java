package org.memstacks.collect;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.LinkedBlockingQueue;

/** Does what takes long, one after the other, while others must be looked after. */
public final class SideThread implements AutoCloseable {
  private final LinkedBlockingQueue<FutureTask<?>> work = new LinkedBlockingQueue<>();
  private final Thread thread;

  public SideThread(String name) {
    thread = Thread.ofPlatform().daemon().name(name).start(this::work);
  }

  private void work() {
    try {
      while (true) {
        work.take().run();
      }
    } catch (InterruptedException e) {
      // Closed.
    }
  }

  /** Takes in a job, whose {@link #result} is to be asked for. */
  public <T> FutureTask<T> submit(Callable<T> job) {
    FutureTask<T> task = new FutureTask<>(job);
    work.add(task);
    return task;
  }

  /**
   * What a job gave, waited for if need be.
   *
   * @param what was being done, to be said when the wait is interrupted
   * @throws IOException that the job threw, as a RuntimeException is thrown again
   */
  public static <T> T result(FutureTask<T> task, String what) throws IOException {
    try {
      return task.get();
    } catch (ExecutionException e) {
      switch (e.getCause()) {
        case IOException cause -> throw cause;
        case RuntimeException cause -> throw cause;
        case Error cause -> throw cause;
        default -> throw new AssertionError(e);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new InterruptedIOException("interrupted while " + what);
    }
  }

  /** Does nothing that it has not begun. */
  @Override
  public void close() {
    thread.interrupt();
  }
}
