package org.memstacks.collect;

import java.util.List;

/**
 * What a window tells of a program's own functions, as their user described them.
 *
 * @param uncalledAllocations those that allocate and were not called
 * @param uncalledFrees those that free and were not called
 * @param nothingAllocated whether none that allocates was called, of those there are
 * @param wrongSizes those whose size cannot be what it was taken for
 */
public record PoolFindings(
    List<String> uncalledAllocations,
    List<String> uncalledFrees,
    boolean nothingAllocated,
    List<WrongSize> wrongSizes) {
  public static final PoolFindings NONE = new PoolFindings(List.of(), List.of(), false, List.of());

  public PoolFindings {
    uncalledAllocations = List.copyOf(uncalledAllocations);
    uncalledFrees = List.copyOf(uncalledFrees);
    wrongSizes = List.copyOf(wrongSizes);
  }

  /**
   * A block that is larger than all that the process has mapped.
   *
   * @param bytes unsigned
   */
  public record WrongSize(AllocatorFunction function, long bytes, long mapped) {}
}
