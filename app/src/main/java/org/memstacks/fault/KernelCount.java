package org.memstacks.fault;

import java.io.IOException;
import org.memstacks.target.KernelVersion;

/**
 * By how many pages the resident set changed, as the kernel's own counter says.
 *
 * @param change between the two looks
 * @param uncertain by how much the counter may be off: it moves while the looks are taken, and
 *     before Linux 6.16 it lags behind
 */
public record KernelCount(long change, long uncertain) {
  /** Nothing is known of it. */
  static final KernelCount UNKNOWN = new KernelCount(0, Long.MAX_VALUE / 2);

  private static final double TOLERATED = 0.001;

  /**
   * The counter just before and just after a look.
   *
   * @param before pages
   * @param after pages
   * @param faults of the process in between, at least so many pages may have come, and gone again
   */
  record Reading(long before, long after, long faults) {
    /** By how many pages it may have moved meanwhile. */
    long uncertain() {
      return Math.abs(after - before) + faults;
    }
  }

  /**
   * @param lag of the counter, in pages
   */
  static KernelCount between(Reading begin, Reading end, long lag) {
    return new KernelCount(end.after - begin.after, begin.uncertain() + end.uncertain() + 2 * lag);
  }

  /**
   * How many pages the counter may lag behind: until Linux 6.16 /proc/PID/statm left out what each
   * CPU had not added up yet (include/linux/percpu_counter.h), of each of three counters.
   */
  static long lag() {
    int cpus = Runtime.getRuntime().availableProcessors();
    try {
      return KernelVersion.running().isAtLeast(6, 16, 0) ? 0 : 3L * cpus * Math.max(32, 2 * cpus);
    } catch (IOException e) {
      return 0;
    }
  }

  /** Whether a change found in page tables is another one than the counter's: by over 0.1 %. */
  public boolean contradicts(long found) {
    long difference = Math.abs(found - change);
    return difference > uncertain && difference > TOLERATED * Math.abs(change);
  }
}
