package org.memstacks.cli;

import java.io.IOException;
import java.io.PrintStream;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.memstacks.bpf.BpfException;
import org.memstacks.collect.InsufficientMemoryException;
import org.memstacks.collect.ProcessFamily;
import org.memstacks.collect.SharedTables;
import org.memstacks.collect.TracePlan;
import org.memstacks.target.TargetProcess;

/**
 * The processes of a run. Each has programs and tables of its own; of several, one that cannot be
 * traced does not keep the others from it.
 */
final class TracedProcesses implements AutoCloseable {
  private final MemstacksOptions options;
  private final PrintStream err;
  private final List<TracedProcess> processes = new ArrayList<>();
  private final List<String> missing = new ArrayList<>();
  private Optional<ChildFollower> children = Optional.empty();

  TracedProcesses(MemstacksOptions options, PrintStream err) {
    this.options = options;
    this.err = err;
  }

  /** A step on the way to being traced. */
  @FunctionalInterface
  private interface Step {
    void take(TracedProcess process) throws IOException;
  }

  /**
   * Attaches to all of them, then opens all windows.
   *
   * @throws InsufficientMemoryException when the tables of all would not fit together; nothing was
   *     attached
   * @throws IOException when none of them can be traced, the last one's reason
   * @throws BpfException likewise, for the kernel's refusal
   */
  void attach(List<TargetProcess> targets) throws IOException {
    int most = targets.size() + options.maxChildren();
    SharedTables tables = SharedTables.among(most, options.trace());
    for (TargetProcess target : targets) {
      try {
        processes.add(TracedProcess.of(options, target, options.isOfOne(), tables, err));
      } catch (IOException e) {
        leaveOut(target, e);
        if (target == targets.getLast() && processes.isEmpty()) {
          throw e;
        }
      }
    }
    if (most > 1) {
      List<TracePlan> plans = new ArrayList<>(processes.stream().map(TracedProcess::plan).toList());
      // Children are mostly what their parent was.
      plans.addAll(Collections.nCopies(options.maxChildren(), plans.getFirst()));
      TracePlan.require(plans);
    }
    each(TracedProcess::attach);
    if (options.maxChildren() > 0) {
      children = Optional.of(followChildren(tables));
    }
    each(TracedProcess::begin);
  }

  private ChildFollower followChildren(SharedTables tables) throws IOException {
    ProcessFamily family =
        ProcessFamily.of(processes.stream().map(process -> process.target().pid()).toList());
    return new ChildFollower(options, family, target -> child(target, tables), err);
  }

  private TracedProcess child(TargetProcess target, SharedTables tables) throws IOException {
    TracedProcess child = TracedProcess.of(options, target, false, tables, err);
    try {
      child.attach();
      child.begin();
      return child;
    } catch (IOException | RuntimeException e) {
      child.close();
      throw e;
    }
  }

  /** Those that cannot go this step are left out. */
  private void each(Step step) throws IOException {
    for (TracedProcess process : List.copyOf(processes)) {
      try {
        step.take(process);
      } catch (IOException | BpfException e) {
        process.close();
        processes.remove(process);
        leaveOut(process.target(), e);
        if (processes.isEmpty()) {
          throw e;
        }
      }
    }
  }

  private void leaveOut(TargetProcess target, Exception why) {
    missing.add(
        "process %d (%s) is not traced: %s"
            .formatted(target.pid(), target.comm(), Problem.describe(why)));
  }

  /** Those that were named, and are traced or were until they ended. */
  List<TracedProcess> named() {
    return List.copyOf(processes);
  }

  /** Those that were named, and children that are traced now. */
  List<TracedProcess> all() {
    return Stream.concat(
            processes.stream(), children.stream().flatMap(follower -> follower.traced().stream()))
        .toList();
  }

  /** To be called often: keeps up with what they map, and with children. */
  void refresh() {
    children.ifPresent(ChildFollower::look);
    all().forEach(TracedProcess::refresh);
  }

  /** Whether any of them, or a child, goes on. */
  boolean someAlive() {
    return all().stream().anyMatch(TracedProcess::isAlive)
        || children.filter(ChildFollower::isBusy).isPresent();
  }

  /** Takes in no more children. */
  void stopFollowing() {
    children.ifPresent(ChildFollower::stop);
  }

  /** What children left that ended by now; waits until it is read. */
  List<ProcessFindings> endedChildren() {
    return children.map(ChildFollower::ended).orElse(List.of());
  }

  /** The process number of a debugger that is at one of them, 0 for none. */
  int debugger() {
    return all().stream()
        .mapToInt(TracedProcess::debugger)
        .filter(pid -> pid != 0)
        .findFirst()
        .orElse(0);
  }

  /** What is not traced, in words. */
  List<String> missing() {
    return Stream.concat(
            missing.stream(), children.stream().flatMap(follower -> follower.missing().stream()))
        .toList();
  }

  @Override
  public void close() throws IOException {
    if (children.isPresent()) {
      children.get().close();
    }
    for (TracedProcess process : processes.reversed()) {
      process.close();
    }
  }
}
