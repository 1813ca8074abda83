package org.memstacks.fault;

import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.NoSuchFileException;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;
import org.memstacks.bpf.KernelClock;
import org.memstacks.target.MemoryFiles;
import org.memstacks.target.Pagemap;
import org.memstacks.target.TargetProcess;
import org.memstacks.target.ThreadStacks;

/**
 * Looks at what of a process is in memory: at the window's begin and end, and now and then in
 * between, so that a process that ends in the window leaves a last look.
 */
final class Residency implements AutoCloseable {
  /* A look takes no more than one part in so many of a processor's time. */
  private static final long SHARE = 200;
  private static final long LEAST_NANOS = 1_000_000_000;

  private final TargetProcess target;
  private final Pagemap pagemap;
  private final KernelCount.Reading atBegin;
  private final Optional<ThreadPointers> threads;
  private final MemoryFiles memoryFiles;
  private Snapshot last;
  private long looks;
  private long tookNanos;
  private boolean isFinal;
  private long endedAt;

  private Residency(
      TargetProcess target,
      Pagemap pagemap,
      Optional<ThreadPointers> threads,
      Snapshot first,
      long tookNanos) {
    this.target = target;
    this.pagemap = pagemap;
    this.threads = threads;
    this.atBegin = first.resident();
    this.memoryFiles = MemoryFiles.of(target.pid());
    this.last = first;
    this.last = withPlaces(first);
    this.tookNanos = tookNanos;
  }

  /**
   * Takes the first look.
   *
   * @param threads where threads have their control blocks, if that can be told
   * @return empty when page tables may not be read
   * @throws IOException when the process has ended
   */
  static Optional<Residency> open(TargetProcess target, Optional<ThreadPointers> threads)
      throws IOException {
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
      long begin = KernelClock.threadNanos();
      Snapshot first = Snapshot.takeSteady(target, pagemap);
      long took = KernelClock.threadNanos() - begin;
      return Optional.of(new Residency(target, pagemap, threads, first, took));
    } catch (IOException | RuntimeException | Error e) {
      pagemap.close();
      throw e;
    }
  }

  /**
   * Looks, if it is time to.
   *
   * @return whether there is another look than before
   */
  boolean lookAgain() {
    long before = looks;
    long since = System.nanoTime() - last.takenAt();
    if (since >= Math.max(LEAST_NANOS, tookNanos * SHARE)) {
      look();
    }
    return looks > before;
  }

  /** What is recorded of pages, around a look. */
  interface Recording {
    /** The look begins: what it may see already is not to be dropped. */
    void hold();

    /** What is recorded by now belongs to the look just taken, in place of any before. */
    void keep();

    /** Goes on as before, for another look. */
    void resume();
  }

  /**
   * Looks at the window's end, again a few times while page tables and the kernel's count differ,
   * as {@link Snapshot#takeSteady}.
   */
  void lookLast(Recording recording) {
    Snapshot best = null;
    try {
      for (int i = 1; i <= Snapshot.TRIES; i++) {
        Snapshot next = Snapshot.take(target, pagemap, recording::hold);
        if (next.isEmpty()) {
          break;
        }
        if (best == null || next.isNearerThan(best)) {
          best = next;
          recording.keep();
        }
        if (next.isSteady() || i == Snapshot.TRIES) {
          break;
        }
        recording.resume();
        Snapshot.pause();
      }
    } catch (IOException e) {
      // The process ended: the last look remains.
    }
    if (best != null) {
      take(best);
      isFinal = true;
    }
    end();
  }

  /** The window has ended, and no look is to be taken any more. */
  void end() {
    endedAt = System.nanoTime();
  }

  private void look() {
    long begin = KernelClock.threadNanos();
    try {
      Snapshot now = Snapshot.take(target, pagemap);
      if (!now.isEmpty()) {
        take(now);
        tookNanos = KernelClock.threadNanos() - begin;
      }
    } catch (IOException e) {
      // The process ended: the last look remains.
    }
  }

  private void take(Snapshot now) {
    last = withPlaces(now);
    looks++;
  }

  /** Also stacks of threads that have ended: the C library keeps some for others to come. */
  private Snapshot withPlaces(Snapshot now) {
    Set<Long> pointers = new HashSet<>(last.places().stacks().threads());
    threads.ifPresent(source -> pointers.addAll(source.now()));
    ThreadStacks stacks = ThreadStacks.of(target.pid(), now.pages(), pointers);
    return now.with(new Places(stacks, memoryFiles));
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
