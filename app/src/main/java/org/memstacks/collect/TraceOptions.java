package org.memstacks.collect;

import java.util.Optional;

/**
 * How to trace allocations.
 *
 * @param all every allocation instead of those not freed
 * @param tid only this thread's allocations; 0 for all threads
 * @param stackStorage how many different stacks can be kept
 * @param maxLive how many blocks can be live at once without a loss
 * @param force take the memory even if there seems to be too little
 * @param attach how probes are attached; empty for the best the kernel offers
 * @param blocks which blocks count, and what is told of them
 */
public record TraceOptions(
    boolean all,
    int tid,
    int stackStorage,
    int maxLive,
    boolean force,
    Optional<AttachKind> attach,
    BlockOptions blocks) {
  /** Of all blocks. */
  public TraceOptions(
      boolean all,
      int tid,
      int stackStorage,
      int maxLive,
      boolean force,
      Optional<AttachKind> attach) {
    this(all, tid, stackStorage, maxLive, force, attach, BlockOptions.ALL);
  }

  /** Whether some of the process's blocks are left out. */
  public boolean isFiltered() {
    return tid != 0 || blocks.filtersSizes();
  }

  /** Whether sums by stack are kept in the kernel. */
  boolean sumsByStack() {
    return all || blocks.view() == BlockOptions.View.TEMPORARY;
  }
}
