package org.memstacks.cli;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.memstacks.bpf.BpfException;
import org.memstacks.collect.ProcessFamily;
import org.memstacks.target.TargetProcess;

/**
 * Follows the children that traced processes fork in the window: each is attached to, as a process
 * of its own, as soon as it was noticed. Until then it runs on unseen, since to stop it would be
 * noticed by its parent; how long that took is said of each.
 *
 * <p>Attaching and reading out take long, and others must be looked after meanwhile: both are done
 * on a thread of its own, one after the other.
 */
final class ChildFollower implements AutoCloseable {
  /** In one run, of those that end and make room for others: each leaves stacks of names. */
  private static final int MOST_EVER = 256;

  /** Named one by one; there may be many. */
  private static final int MOST_NAMED = 8;

  /** So long a program that was just executed may take to map its libraries. */
  private static final long LOADING_NANOS = TimeUnit.SECONDS.toNanos(1);

  private static final long AGAIN_NANOS = TimeUnit.MILLISECONDS.toNanos(20);

  /** How processes are attached to, and begun. */
  @FunctionalInterface
  interface Attaching {
    TracedProcess attach(TargetProcess target) throws IOException;
  }

  /** A child that is not traced yet. */
  private static final class Child {
    private final int pid;
    private final int parent;
    private final long born;
    private boolean borrows;
    private long execed;
    private long notBefore;
    private boolean ended;

    private Child(ProcessFamily.Event birth) {
      this.pid = birth.pid();
      this.parent = birth.parent();
      this.born = birth.nanos();
      this.borrows = birth.kind() == ProcessFamily.Kind.BORROWS;
    }

    /** When it, or the program that it became, began. */
    private long begun() {
      return Math.max(born, execed);
    }
  }

  private final MemstacksOptions options;
  private final ProcessFamily family;
  private final Attaching attaching;
  private final Map<Integer, Child> waiting = new LinkedHashMap<>();
  private final List<TracedProcess> traced = new ArrayList<>();
  private final List<ProcessFindings> findings = new ArrayList<>();
  private final List<String> untraced = new ArrayList<>();
  private final LinkedBlockingQueue<FutureTask<?>> work = new LinkedBlockingQueue<>();
  private final Map<TracedProcess, FutureTask<ProcessFindings>> readings = new LinkedHashMap<>();
  private final Thread worker;
  private Optional<Child> attached = Optional.empty();
  private FutureTask<TracedProcess> attempt;
  private long attemptBegan;
  private int ever;
  private long tooShort;
  private long longestUnseen;
  private long crowdedOut;
  private long tooLate;
  private boolean stopped;

  /**
   * @param family of the processes traced
   */
  ChildFollower(MemstacksOptions options, ProcessFamily family, Attaching attaching) {
    this.options = options;
    this.family = family;
    this.attaching = attaching;
    this.worker = Thread.ofPlatform().daemon().name("children").start(this::work);
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

  private <T> FutureTask<T> submit(Callable<T> job) {
    FutureTask<T> task = new FutureTask<>(job);
    work.add(task);
    return task;
  }

  /** To be called often: takes in children that were forked, and lets go of those that ended. */
  void look() {
    family.events().forEach(this::note);
    takeAttached();
    for (TracedProcess process : List.copyOf(traced)) {
      if (!process.target().isAlive()) {
        traced.remove(process);
        readings.put(process, submit(() -> readOut(process)));
      }
    }
    takeReadings();
    attachNext();
  }

  private ProcessFindings readOut(TracedProcess process) throws IOException {
    process.end(true);
    process.completeNames();
    return ProcessFindings.of(process, options);
  }

  /** Takes in what was read out of those that ended, and lets go of their tables. */
  private void takeReadings() {
    for (TracedProcess process : List.copyOf(readings.keySet())) {
      if (readings.get(process).isDone()) {
        take(process, readings.remove(process));
      }
    }
  }

  private void take(TracedProcess process, FutureTask<ProcessFindings> reading) {
    try (process) {
      findings.add(result(reading));
    } catch (IOException | BpfException e) {
      untraced.add(
          "what child %d left could not be read: %s"
              .formatted(process.target().pid(), Problem.describe(e)));
    }
  }

  private void note(ProcessFamily.Event event) {
    switch (event.kind()) {
      case FORKED, BORROWS -> {
        if (!stopped) {
          waiting.put(event.pid(), new Child(event));
        }
      }
      case EXECED -> {
        Child child = child(event.pid());
        if (child != null) {
          child.borrows = false;
          child.execed = event.nanos();
        }
      }
      case ENDED -> {
        Child child = child(event.pid());
        if (child != null) {
          child.ended = true;
          if (waiting.remove(event.pid()) != null) {
            leaveOut(child, event.nanos());
          }
        }
      }
    }
  }

  /** One that waits, or is being attached to. */
  private Child child(int pid) {
    return attached.filter(child -> child.pid == pid).orElse(waiting.get(pid));
  }

  /**
   * It ended before its probes were in.
   *
   * @param end when
   */
  private void leaveOut(Child child, long end) {
    if (isFull()) {
      crowdedOut++;
    } else if (!child.borrows) {
      // What a child does in its parent's memory until its exec is no allocation of its own.
      tooShort++;
      longestUnseen = Math.max(longestUnseen, end - child.born);
    }
  }

  private boolean isFull() {
    return ever == MOST_EVER || traced.size() + readings.size() >= options.maxChildren();
  }

  private void attachNext() {
    if (stopped || attached.isPresent() || isFull()) {
      return;
    }
    long now = ProcessFamily.now();
    attached =
        waiting.values().stream()
            .filter(child -> !child.borrows && child.notBefore <= now)
            .findFirst();
    attached.ifPresent(child -> {
      waiting.remove(child.pid);
      attemptBegan = now;
      attempt = submit(() -> attaching.attach(TargetProcess.of(child.pid)));
    });
  }

  /** Takes in the one that was being attached to, if that is done. */
  private void takeAttached() {
    if (attached.isEmpty() || !attempt.isDone()) {
      return;
    }
    Child child = attached.get();
    attached = Optional.empty();
    try {
      TracedProcess process = result(attempt);
      if (child.execed > attemptBegan) {
        // What was looked at was the program before.
        process.close();
        again(child);
        return;
      }
      ever++;
      process.forked(child.parent, child.born, child.execed == 0);
      traced.add(process);
    } catch (IOException | BpfException e) {
      failed(child, e);
    }
  }

  private void failed(Child child, Exception why) {
    long now = ProcessFamily.now();
    if (child.ended) {
      leaveOut(child, now);
    } else if (child.execed > attemptBegan || now - child.begun() < LOADING_NANOS) {
      again(child);
    } else {
      untraced.add("child %d is not traced: %s".formatted(child.pid, Problem.describe(why)));
    }
  }

  private void again(Child child) {
    child.notBefore = ProcessFamily.now() + AGAIN_NANOS;
    waiting.put(child.pid, child);
  }

  /** Those that are traced now. */
  List<TracedProcess> traced() {
    return List.copyOf(traced);
  }

  /** Whether there are children that may be traced in a moment. */
  boolean isBusy() {
    return attached.isPresent() || waiting.values().stream().anyMatch(child -> !child.borrows);
  }

  /** No more are taken in: the window is about to end. */
  void stop() {
    look();
    stopped = true;
    boolean full = isFull();
    waiting.values().removeIf(child -> child.borrows);
    if (full) {
      crowdedOut += waiting.size();
    } else {
      tooLate += waiting.size();
    }
    waiting.clear();
    if (attached.isPresent()) {
      tooLate++;
      attached = Optional.empty();
      try (TracedProcess late = result(attempt)) {
        late.end(false);
      } catch (IOException | BpfException e) {
        // It could not be traced, and would not have been for long.
      }
    }
  }

  /** What those left that ended in the window. */
  List<ProcessFindings> ended() {
    for (TracedProcess process : List.copyOf(readings.keySet())) {
      take(process, readings.remove(process));
    }
    return List.copyOf(findings);
  }

  /** What is missing of children that were not traced, in words. */
  List<String> missing() {
    List<String> missing =
        new ArrayList<>(untraced.subList(0, Math.min(MOST_NAMED, untraced.size())));
    if (untraced.size() > MOST_NAMED) {
      missing.add(
          "%s not traced either"
              .formatted(
                  Count.of("child is", "children are", (long) untraced.size() - MOST_NAMED)));
    }
    if (tooShort > 0) {
      missing.add(
          String.format(
              Locale.ROOT,
              "%s ended before probes were in, the longest-lived after %.2f s: what they allocated is not counted",
              Count.of("forked child", "forked children", tooShort),
              longestUnseen / 1e9));
    }
    if (crowdedOut > 0) {
      missing.add(
          "%s not traced, as %s: %s"
              .formatted(
                  Count.of("forked child was", "forked children were", crowdedOut),
                  ever == MOST_EVER
                      ? "%d had been in this run".formatted(ever)
                      : "%d %s at the same time"
                          .formatted(
                              options.maxChildren(), options.maxChildren() == 1 ? "was" : "were"),
                  ever == MOST_EVER ? "trace for less long" : "raise --max-children"));
    }
    if (tooLate > 0) {
      missing.add(
          "%s not traced, as the window ended before probes were in"
              .formatted(Count.of("forked child was", "forked children were", tooLate)));
    }
    if (family.missed() > 0) {
      missing.add(
          "%s came faster than they could be followed: children may be missing"
              .formatted(Count.of("fork, exec or end", "forks, execs and ends", family.missed())));
    }
    return missing;
  }

  private static <T> T result(FutureTask<T> task) throws IOException {
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
      throw new InterruptedIOException("interrupted while children were followed");
    }
  }

  @Override
  public void close() throws IOException {
    worker.interrupt();
    try (family) {
      for (TracedProcess process : traced) {
        process.close();
      }
      for (TracedProcess process : readings.keySet()) {
        process.close();
      }
    }
  }
}
