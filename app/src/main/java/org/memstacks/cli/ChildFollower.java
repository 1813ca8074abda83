package org.memstacks.cli;

import java.io.IOException;
import java.io.PrintStream;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import org.memstacks.bpf.BpfException;
import org.memstacks.collect.ProcessFamily;
import org.memstacks.collect.SideThread;
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

  /** So long a program that was just executed may take to map its libraries. */
  private static final long LOADING_NANOS = TimeUnit.SECONDS.toNanos(1);

  private static final long AGAIN_NANOS = TimeUnit.MILLISECONDS.toNanos(20);

  private static final String ATTACHING = "a child was attached to";

  /** How processes are attached to, and begun. */
  @FunctionalInterface
  interface Attaching {
    TracedProcess attach(TargetProcess target) throws IOException;
  }

  /** One that is being attached to. */
  private record Attempt(ForkedChild child, long begun, FutureTask<TracedProcess> task) {}

  private final MemstacksOptions options;
  private final ProcessFamily family;
  private final Attaching attaching;
  private final PrintStream err;
  private final ChildLosses losses;
  private final SideThread thread = new SideThread("children");
  private final Map<Integer, ForkedChild> waiting = new LinkedHashMap<>();
  private Optional<Attempt> attempt = Optional.empty();
  private final List<TracedProcess> traced = new ArrayList<>();
  private final Map<TracedProcess, FutureTask<ProcessFindings>> readings = new LinkedHashMap<>();
  private final List<ProcessFindings> findings = new ArrayList<>();
  private int ever;
  private boolean stopped;

  /**
   * @param family of the processes traced
   */
  ChildFollower(
      MemstacksOptions options, ProcessFamily family, Attaching attaching, PrintStream err) {
    this.err = err;
    this.options = options;
    this.family = family;
    this.attaching = attaching;
    this.losses = new ChildLosses(options.maxChildren(), MOST_EVER);
  }

  /** To be called often: takes in children that were forked, and lets go of those that ended. */
  void look() {
    // Asked before what happened until then is read: none that matters to it may come later.
    boolean done = attempt.filter(one -> one.task.isDone()).isPresent();
    family.events().forEach(this::note);
    if (done) {
      Attempt finished = attempt.get();
      attempt = Optional.empty();
      take(finished);
    }
    List<TracedProcess> gone =
        traced.stream().filter(process -> !process.target().isAlive()).toList();
    if (!gone.isEmpty()) {
      // Their ends may have come after what was read above.
      family.events().forEach(this::note);
    }
    for (TracedProcess process : gone) {
      traced.remove(process);
      readings.put(process, thread.submit(() -> readOut(process)));
    }
    takeReadings();
    attachNext();
  }

  private void note(ProcessFamily.Event event) {
    if (event.kind() == ProcessFamily.Kind.FORKED || event.kind() == ProcessFamily.Kind.BORROWS) {
      if (!stopped) {
        waiting.put(event.pid(), new ForkedChild(event));
      }
      return;
    }
    ForkedChild child =
        attempt
            .map(Attempt::child)
            .filter(one -> one.pid() == event.pid())
            .orElse(waiting.get(event.pid()));
    if (child == null) {
      if (event.kind() == ProcessFamily.Kind.ENDED) {
        traced.stream()
            .filter(process -> process.target().pid() == event.pid())
            .forEach(process -> process.endedAt(event.nanos()));
      }
      return;
    }
    if (event.kind() == ProcessFamily.Kind.EXECED) {
      child.execed(event.nanos());
    } else {
      child.ended(event.nanos());
      if (waiting.remove(event.pid()) != null) {
        leaveOut(child, event.nanos());
      }
    }
  }

  /** It ended before its probes were in. */
  private void leaveOut(ForkedChild child, long end) {
    if (ever == MOST_EVER) {
      losses.tooMany(1);
    } else if (isFull()) {
      losses.crowdedOut(1);
    } else if (!child.borrows()) {
      // What a child does in its parent's memory until its exec is no allocation of its own.
      losses.endedTooSoon(end - child.born());
    }
  }

  private boolean isFull() {
    return traced.size() + readings.size() >= options.maxChildren();
  }

  private void attachNext() {
    if (stopped || attempt.isPresent() || isFull() || ever == MOST_EVER) {
      return;
    }
    long now = ProcessFamily.now();
    waiting.values().stream()
        .filter(child -> child.isReady(now))
        .findFirst()
        .ifPresent(child -> {
          waiting.remove(child.pid());
          attempt =
              Optional.of(
                  new Attempt(
                      child,
                      now,
                      thread.submit(() -> attaching.attach(TargetProcess.of(child.pid())))));
        });
  }

  /** Takes in the one that was being attached to. */
  private void take(Attempt finished) {
    ForkedChild child = finished.child();
    try {
      TracedProcess process = SideThread.result(finished.task(), ATTACHING);
      boolean stranger = child.hasEnded() && process.target().isAlive();
      if (stranger || child.execedSince(finished.begun())) {
        // What was looked at was the program before, or another process under its number.
        process.close();
        again(child);
        return;
      }
      ever++;
      process.forked(child);
      if (child.hasEnded()) {
        process.endedAt(child.end());
      }
      traced.add(process);
    } catch (IOException | BpfException e) {
      again(child);
      // It may have ended just now.
      family.events().forEach(this::note);
      boolean loading = ProcessFamily.now() - child.begun() < LOADING_NANOS;
      if (!loading && !child.execedSince(finished.begun()) && waiting.remove(child.pid(), child)) {
        failed("child %d is not traced: %s".formatted(child.pid(), Problem.describe(e)));
      }
    }
  }

  private void again(ForkedChild child) {
    long now = ProcessFamily.now();
    if (child.hasEnded()) {
      leaveOut(child, now);
    } else {
      child.again(now + AGAIN_NANOS);
      waiting.put(child.pid(), child);
    }
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
      findings.add(SideThread.result(reading, "a child was read out"));
    } catch (IOException | BpfException e) {
      failed(
          "what child %d left could not be read: %s"
              .formatted(process.target().pid(), Problem.describe(e)));
    }
  }

  private void failed(String what) {
    losses.failed(what);
    if (options.verbose()) {
      err.println("memstacks: " + what);
    }
  }

  /** Those that are traced now. */
  List<TracedProcess> traced() {
    return List.copyOf(traced);
  }

  /** Whether there are children that may be traced in a moment. */
  boolean isBusy() {
    return attempt.isPresent() || waiting.values().stream().anyMatch(child -> !child.borrows());
  }

  /** No more are taken in: the window is about to end. */
  void stop() {
    look();
    stopped = true;
    waiting.values().removeIf(ForkedChild::borrows);
    if (ever == MOST_EVER) {
      losses.tooMany(waiting.size());
    } else if (isFull()) {
      losses.crowdedOut(waiting.size());
    } else {
      losses.tooLate(waiting.size());
    }
    waiting.clear();
    if (attempt.isPresent()) {
      losses.tooLate(1);
      try {
        SideThread.result(attempt.get().task(), ATTACHING).close();
      } catch (IOException | BpfException e) {
        // It could not be traced, and would not have been for long.
      }
      attempt = Optional.empty();
    }
  }

  /** What those left that ended by now; waits until it is read. */
  List<ProcessFindings> ended() {
    for (TracedProcess process : List.copyOf(readings.keySet())) {
      take(process, readings.remove(process));
    }
    return List.copyOf(findings);
  }

  /** What is missing of children that were not traced, in words. */
  List<String> missing() {
    return losses.missing(family.missed());
  }

  @Override
  public void close() throws IOException {
    try (family;
        thread) {
      for (TracedProcess process : traced) {
        process.close();
      }
      for (TracedProcess process : readings.keySet()) {
        process.close();
      }
    }
  }
}
