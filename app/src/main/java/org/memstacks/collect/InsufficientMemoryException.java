package org.memstacks.collect;

import java.io.IOException;

/** The collector's tables would take more memory than there is to spare. */
public final class InsufficientMemoryException extends IOException {
  private static final long serialVersionUID = 1L;

  /**
   * @param options those that make the tables smaller
   */
  InsufficientMemoryException(long neededBytes, MemoryBudget budget, String options) {
    super(
        "needs %d MiB for its tables and itself, and only %d MiB are to spare (%s); lower %s, or take it all the same with --force"
            .formatted(
                neededBytes >> 20, budget.availableBytes() >> 20, budget.limitedBy(), options));
  }
}
