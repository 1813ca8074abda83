package org.memstacks.collect;

import java.io.IOException;

/** The collector's tables would take more memory than there is to spare. */
public final class InsufficientMemoryException extends IOException {
  private static final long serialVersionUID = 1L;

  InsufficientMemoryException(long neededBytes, MemoryBudget budget) {
    super(
        "needs %d MiB for its tables and itself, and only %d MiB are to spare (%s); lower --max-live-blocks or"
                .formatted(neededBytes >> 20, budget.availableBytes() >> 20, budget.limitedBy())
            + " --stack-storage-size, or take it all the same with --force");
  }
}
