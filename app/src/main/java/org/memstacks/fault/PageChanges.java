package org.memstacks.fault;

import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import org.memstacks.bpf.BpfObject;
import org.memstacks.bpf.Layouts.FaultControl;
import org.memstacks.bpf.Layouts.PageChange;

/** Reads which pages moved and which were given back, as the kernel programs note it. */
final class PageChanges {
  private final MemorySegment changes;
  private final MemorySegment control;
  private final long size;
  private long read;

  PageChanges(BpfObject object, FaultSizes sizes, MemorySegment control, Arena arena) {
    this.changes = object.map("page_changes").mapped(arena);
    this.control = control;
    this.size = sizes.changes();
  }

  /** Takes what happened to pages; times are in nanoseconds, as System.nanoTime has them. */
  interface Taker {
    /**
     * @param from number of the first page
     * @param to likewise, after the move
     */
    void moved(long from, long count, long to, long time);

    /**
     * @param first number of the first page
     */
    void dropped(long first, long count, long time);
  }

  /** Hands on what was noted since the last time, in order. */
  void drain(Taker taker) {
    long noted = control.get(JAVA_LONG, FaultControl.CHANGES);
    for (; read < noted; read++) {
      long at = (read & (size - 1)) * PageChange.SIZE;
      long pages = changes.get(JAVA_LONG, at + PageChange.PAGES);
      if (pages == 0) {
        // Still being written: next time.
        break;
      }
      long from = changes.get(JAVA_LONG, at + PageChange.FROM);
      long to = changes.get(JAVA_LONG, at + PageChange.TO);
      long time = changes.get(JAVA_LONG, at + PageChange.TIME);
      if (to == PageChange.DROPPED) {
        taker.dropped(from, pages, time);
      } else {
        taker.moved(from, pages, to, time);
      }
      changes.set(JAVA_LONG, at + PageChange.PAGES, 0);
    }
    control.set(JAVA_LONG, FaultControl.CHANGES_READ, read);
  }

  /** Calls that moved pages and were not noted, for want of room. */
  long lostMoves() {
    return control.get(JAVA_LONG, FaultControl.MOVES_LOST);
  }

  /** Likewise, calls that gave pages back. */
  long lostDrops() {
    return control.get(JAVA_LONG, FaultControl.DROPS_LOST);
  }
}
