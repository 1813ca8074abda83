package org.memstacks.fault;

import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.NoSuchFileException;
import java.util.Optional;
import org.memstacks.target.Pagemap;
import org.memstacks.target.TargetProcess;

/**
 * Looks at what of a process is in memory: at the window's begin and end, and now and then in
 * between, so that a process that ends in the window leaves a last look.
 */
final class Residency implements AutoCloseable {
  /* A look takes no more than one part in so many of the time. */
  private static final long SHARE = 200;
  private static final long LEAST_NANOS = 1_000_000_000;

  private final TargetProcess target;
  private final Pagemap pagemap;
  private final KernelCount.Reading atBegin;
  private Snapshot last;
  private long looks;
  private long tookNanos;
  private boolean isFinal;
  private long endedAt;

  private Residency(TargetProcess target, Pagemap pagemap, Snapshot first, long tookNanos) {
    this.target = target;
    this.pagemap = pagemap;
    this.atBegin = first.resident();
    this.last = first;
    this.tookNanos = tookNanos;
  }

  /**
   * Takes the first look.
   *
   * @return empty when page tables may not be read
   * @throws IOException when the process has ended
   */
  static Optional<Residency> open(TargetProcess target) throws IOException {
    Pagemap pagemap;
    try {
      pagemap = Pagemap.open(target.pid());
    } catch (AccessDeniedException e) {
      return Optional.empty();
    } catch (NoSuchFileException e) {
      if (target.isAlive()) {
        // A kernel without CONFIG_PROC_PAGE_MONITOR.
        return Optional.empty();
      }
      throw e;
    }
    try {
      long begin = System.nanoTime();
      Snapshot first = Snapshot.takeSteady(target, pagemap);
      return Optional.of(new Residency(target, pagemap, first, System.nanoTime() - begin));
    } catch (IOException | RuntimeException | Error e) {
      pagemap.close();
      throw e;
    }
  }

  /** Looks, if it is time to. */
  void lookAgain() {
    long since = System.nanoTime() - last.takenAt();
    if (since >= Math.max(LEAST_NANOS, tookNanos * SHARE)) {
      look(false);
    }
  }

  /** Looks at the window's end. */
  void lookLast() {
    isFinal = look(true);
    endedAt = System.nanoTime();
  }

  private boolean look(boolean steady) {
    long begin = System.nanoTime();
    try {
      Snapshot now = steady ? Snapshot.takeSteady(target, pagemap) : Snapshot.take(target, pagemap);
      if (now.map().mappings().isEmpty() || now.pages().ranges() == 0) {
        return false;
      }
      // A thread that runs at that moment does not say where its stack is: it may have said so
      // before.
      last = now.withThreadStacks(last.threadStacks());
      looks++;
      tookNanos = System.nanoTime() - begin;
      return true;
    } catch (IOException e) {
      // The process ended: the last look remains.
      return false;
    }
  }

  /** The latest look. */
  Snapshot last() {
    return last;
  }

  /** Whether there was a look after the first one. */
  boolean hasLooked() {
    return looks > 0;
  }

  /** Whether the last look was at the window's end. */
  boolean isFinal() {
    return isFinal;
  }

  /** What the kernel counts between the first look and the last. */
  KernelCount kernelCount() {
    return KernelCount.between(atBegin, last.resident(), KernelCount.lag());
  }

  /** How long before the window's end the last look was. */
  long ageMillis() {
    return isFinal ? 0 : Math.max(0, (endedAt - last.takenAt()) / 1_000_000);
  }

  @Override
  public void close() {
    pagemap.close();
  }
}
