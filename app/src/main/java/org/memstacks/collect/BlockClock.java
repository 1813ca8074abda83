package org.memstacks.collect;

import org.memstacks.bpf.KernelClock;
import org.memstacks.bpf.Layouts.LiveBlock;

/** When blocks were allocated, in the units they are dated by (8.4 ms). */
final class BlockClock {
  private static final long UNIT = 1L << LiveBlock.BORN_SHIFT;

  private BlockClock() {}

  static long now() {
    return KernelClock.nanos();
  }

  /**
   * Nanoseconds from one moment to a block's birth, which 32 bits of units determine within 208
   * days; 0 when it is not later than that moment by the coarser clock.
   */
  static long since(long moment, int born) {
    return Math.max(0, born - (int) (moment >>> LiveBlock.BORN_SHIFT)) * UNIT;
  }

  /** Nanoseconds from a block's birth to this moment. */
  static long age(int born, long moment) {
    return Math.max(0, (int) (moment >>> LiveBlock.BORN_SHIFT) - born) * UNIT;
  }
}
