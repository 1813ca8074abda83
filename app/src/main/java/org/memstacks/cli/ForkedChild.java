package org.memstacks.cli;

import org.memstacks.collect.ProcessFamily;

/** A child that was forked in the window and is not traced yet. */
final class ForkedChild {
  private final int pid;
  private final int parent;
  private final long born;
  private boolean borrows;
  private long ended;
  private long execed;
  private long notBefore;

  ForkedChild(ProcessFamily.Event birth) {
    this.pid = birth.pid();
    this.parent = birth.parent();
    this.born = birth.nanos();
    this.borrows = birth.kind() == ProcessFamily.Kind.BORROWS;
  }

  int pid() {
    return pid;
  }

  int parent() {
    return parent;
  }

  /** When it was forked, by {@link ProcessFamily#now}. */
  long born() {
    return born;
  }

  void execed(long nanos) {
    execed = nanos;
    borrows = false;
  }

  void ended(long nanos) {
    ended = nanos;
  }

  /** When it ended; 0 while it has not. */
  long end() {
    return ended;
  }

  boolean hasEnded() {
    return ended != 0;
  }

  /** Whether it became another program after that moment. */
  boolean execedSince(long nanos) {
    return execed > nanos;
  }

  /** Whether it is still the program that its parent was. */
  boolean isCopy() {
    return execed == 0;
  }

  /** Whether it runs in its parent's memory, until its exec. */
  boolean borrows() {
    return borrows;
  }

  /** When it, or the program that it became, began. */
  long begun() {
    return Math.max(born, execed);
  }

  /** It is to be looked at again, but not before that moment. */
  void again(long nanos) {
    notBefore = nanos;
  }

  /** Whether it can be attached to. */
  boolean isReady(long now) {
    return !borrows && notBefore <= now;
  }
}
