package org.memstacks.collect;

import java.util.Arrays;

/**
 * A stack as the kernel program took it.
 *
 * @param leaf the allocation function that was called
 * @param returnAddresses of the callers, innermost first
 */
public record RawStack(AllocatorFunction leaf, long[] returnAddresses, StackEnd end) {
  @Override
  public boolean equals(Object other) {
    return other instanceof RawStack stack
        && leaf == stack.leaf
        && end == stack.end
        && Arrays.equals(returnAddresses, stack.returnAddresses);
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(returnAddresses) * 31 + leaf.hashCode();
  }

  @Override
  public String toString() {
    return leaf + " " + Arrays.toString(returnAddresses) + " " + end;
  }
}
