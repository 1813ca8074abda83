package org.memstacks.collect;

/** Where the live blocks of a process are kept, to be looked through at any time. */
interface LiveBlocks {
  /** Takes a live block; {@code born} as {@link BlockClock} counts. */
  @FunctionalInterface
  interface BlockVisitor {
    void visit(long address, long bytes, int stack, int born);
  }

  /** Visits every live block. */
  default void forEach(BlockVisitor visitor) {
    forEach(visitor, () -> {});
  }

  /**
   * As {@link #forEach(BlockVisitor)}, while blocks come and go: one that is freed or allocated
   * meanwhile may be visited or not.
   *
   * @param meanwhile done every few milliseconds; what it adds may not be visited
   */
  void forEach(BlockVisitor visitor, Runnable meanwhile);
}
