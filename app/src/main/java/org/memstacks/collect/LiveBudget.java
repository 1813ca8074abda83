package org.memstacks.collect;

/**
 * How much the tables of live blocks may grow yet, those of all processes that are traced at once.
 */
final class LiveBudget {
  private int buckets;

  /**
   * @param buckets of all tables together, once they have grown
   */
  LiveBudget(int buckets) {
    this.buckets = buckets;
  }

  /** Takes as many buckets as are wanted, or as there are. */
  synchronized int take(int wanted) {
    int taken = Math.min(wanted, buckets);
    buckets -= taken;
    return taken;
  }

  /** Gives back what tables had that are no more. */
  synchronized void giveBack(int more) {
    buckets += more;
  }
}
