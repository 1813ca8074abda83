package org.memstacks.collect;

import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.Optional;
import org.memstacks.bpf.Layouts.FrameChunk;

/**
 * A stack as the kernel program took it.
 *
 * @param leaf the probed function that was called; empty when a fault begins the stack
 * @param frames of the callers, innermost first: addresses as {@link #address} gives them, marked
 *     as {@link #isExact} tells; of a traced process they stay in the kernel's store, where
 *     thousands of deep stacks need no room of their own, and can be read until the trace is closed
 * @param epoch in which code the addresses lie, see {@link CodeEpochs}
 */
public record RawStack(Optional<String> leaf, MemorySegment frames, StackEnd end, int epoch) {
  /** A stack of these addresses. */
  public RawStack(Optional<String> leaf, long[] frames, StackEnd end, int epoch) {
    this(leaf, MemorySegment.ofArray(frames), end, epoch);
  }

  /** How many callers there are. */
  public int depth() {
    return (int) (frames.byteSize() / Long.BYTES);
  }

  /**
   * A caller's address in the process, see {@link #isExact}.
   *
   * @param frame from 0, the innermost
   */
  public long address(int frame) {
    return frames.getAtIndex(JAVA_LONG, frame) & ~FrameChunk.EXACT;
  }

  /**
   * Whether the address is no return address, before which a call lies: that of the instruction
   * which was executing when a fault or a signal came, that of the code a signal handler returns
   * to, or one that makecontext put there.
   */
  public boolean isExact(int frame) {
    return (frames.getAtIndex(JAVA_LONG, frame) & FrameChunk.EXACT) != 0;
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof RawStack stack
        && leaf.equals(stack.leaf)
        && end == stack.end
        && epoch == stack.epoch
        && frames.mismatch(stack.frames) == -1;
  }

  @Override
  public int hashCode() {
    int hash = epoch;
    for (int i = 0; i < depth(); i++) {
      hash = hash * 31 + Long.hashCode(frames.getAtIndex(JAVA_LONG, i));
    }
    return hash * 31 + leaf.hashCode();
  }

  @Override
  public String toString() {
    return leaf.orElse("fault")
        + " "
        + Arrays.toString(frames.toArray(JAVA_LONG))
        + " "
        + end
        + " in epoch "
        + epoch;
  }
}
