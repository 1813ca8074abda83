package org.memstacks.collect;

import java.util.List;

/**
 * What a window brought to light.
 *
 * @param stacks with their values; the stack of a value that has none is given apart
 * @param withoutStack bytes and blocks whose stack could not be stored
 */
public record AllocationProfile(
    List<StackValue> stacks, Unattributed withoutStack, Counters counters) {
  public AllocationProfile {
    stacks = List.copyOf(stacks);
  }

  /** Values without a stack. */
  public record Unattributed(long bytes, long blocks) {}
}
