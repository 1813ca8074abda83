package org.memstacks.cli;

import java.io.IOException;
import java.util.Optional;
import org.memstacks.bpf.BpfException;
import org.memstacks.target.TargetException;
import org.memstacks.target.TargetProcess;

/** The program that a process runs when it is looked at first, to tell whether it still does. */
final class AttachedProgram {
  private final TargetProcess target;
  private final long addressSpace;

  private AttachedProgram(TargetProcess target, long addressSpace) {
    this.target = target;
    this.addressSpace = addressSpace;
  }

  /**
   * @throws TargetException when it has ended
   */
  static AttachedProgram of(TargetProcess target) throws TargetException {
    return new AttachedProgram(target, target.addressSpace());
  }

  /** What is done to get at the process. */
  @FunctionalInterface
  interface Work<T> {
    T run() throws IOException;
  }

  /** Likewise, without a result. */
  @FunctionalInterface
  interface Step {
    void run() throws IOException;
  }

  /**
   * Does it. Whatever fails of a process or a program that is gone fails for that.
   *
   * @throws TargetException in its place when the process has ended, or executed another program
   */
  <T> T reach(Work<T> work) throws IOException {
    try {
      return work.run();
    } catch (IOException | BpfException e) {
      Optional<TargetException> gone = gone(e);
      if (gone.isPresent()) {
        throw gone.get();
      }
      throw e;
    }
  }

  /** As {@link #reach(Work)}, for what has no result. */
  void reach(Step step) throws IOException {
    reach(() -> {
      step.run();
      return null;
    });
  }

  private Optional<TargetException> gone(Exception failure) {
    try {
      boolean isAlive = target.isAlive();
      long now = isAlive ? target.addressSpace() : 0;
      if (isAlive && now == addressSpace) {
        return Optional.empty();
      }
      // While it ends it has none.
      if (now != 0) {
        return Optional.of(
            new TargetException(
                "process %d (%s) executed another program (exec), or itself anew, while its probes were put in: try again once it runs the one you mean"
                    .formatted(target.pid(), target.comm()),
                failure));
      }
    } catch (TargetException e) {
      failure.addSuppressed(e);
    }
    return Optional.of(
        new TargetException(
            "process %d (%s) %s before its probes were in"
                .formatted(target.pid(), target.comm(), target.ending()),
            failure));
  }
}
