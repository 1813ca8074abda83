package org.memstacks.collect;

import org.memstacks.target.TargetException;
import org.memstacks.target.TargetProcess;
import org.memstacks.target.TargetProcess.Activity;

/** What the kernel's own counters say that a process did in the window, whatever the probes saw. */
final class ActivityWatch {
  private final TargetProcess target;
  private Activity atBegin;
  private Activity inWindow = new Activity(0, 0, 0, 0);
  private boolean sharesPages;
  private int threadsAtEnd;

  ActivityWatch(TargetProcess target) {
    this.target = target;
  }

  void begin() throws TargetException {
    atBegin = target.activity();
  }

  /** It was forked just now: it takes faults to get its own copies of pages. */
  void wasForked() {
    sharesPages = true;
  }

  void end() {
    threadsAtEnd = target.threads();
    try {
      Activity last = target.activity();
      // A zombie has no memory any more.
      if (target.isAlive()) {
        inWindow = last.since(atBegin);
        sharesPages |= inWindow.childFaults() > 0 || target.hasYoungChildren();
      }
    } catch (TargetException e) {
      // It ended, and its counters with it.
    }
  }

  /** Zeros when the process has ended. */
  Activity inWindow() {
    return inWindow;
  }

  /** Whether it shares pages with a parent or children, which brings faults without allocations. */
  boolean sharesPages() {
    return sharesPages;
  }

  int threadsAtEnd() {
    return threadsAtEnd;
  }
}
