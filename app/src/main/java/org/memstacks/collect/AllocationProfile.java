package org.memstacks.collect;

import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/**
 * What a window brought to light.
 *
 * @param stacks with their values; the stack of a value that has none is given apart
 * @param withoutStack bytes and blocks whose stack could not be stored
 * @param missedReturns allocations that began in the window and whose return was not seen, though
 *     no thread was left that could still be inside one
 */
public record AllocationProfile(
    List<StackValue> stacks, Unattributed withoutStack, Counters counters, long missedReturns) {
  public AllocationProfile {
    stacks = List.copyOf(stacks);
  }

  /** Values without a stack. */
  public record Unattributed(long bytes, long blocks) {}

  public long totalBytes() {
    return stacks.stream().mapToLong(StackValue::bytes).sum() + withoutStack.bytes();
  }

  /**
   * Bytes in stacks that do not reach their outermost frame, by reason; empty when there are none.
   */
  public Map<StackEnd, Long> incompleteBytes() {
    Map<StackEnd, Long> bytes = new EnumMap<>(StackEnd.class);
    for (StackValue value : stacks) {
      if (!value.stack().end().isComplete()) {
        bytes.merge(value.stack().end(), value.bytes(), Long::sum);
      }
    }
    return bytes;
  }
}
