package org.memstacks.cli;

import java.io.IOException;
import java.io.PrintStream;
import java.util.ArrayList;
import java.util.List;
import org.memstacks.bpf.BpfException;
import org.memstacks.collect.InsufficientMemoryException;
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
    SharedTables tables = SharedTables.among(targets.size(), options.trace());
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
    if (processes.size() > 1) {
      TracePlan.require(processes.stream().map(TracedProcess::plan).toList());
    }
    each(TracedProcess::attach);
    each(TracedProcess::begin);
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

  /** Those that are traced, or were until they ended. */
  List<TracedProcess> all() {
    return List.copyOf(processes);
  }

  /** What is not traced, in words. */
  List<String> missing() {
    return List.copyOf(missing);
  }

  @Override
  public void close() throws IOException {
    for (TracedProcess process : processes.reversed()) {
      process.close();
    }
  }
}
