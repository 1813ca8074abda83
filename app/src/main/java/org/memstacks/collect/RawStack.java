package org.memstacks.collect;

import java.util.Arrays;
import org.memstacks.bpf.Layouts.FrameChunk;

/**
 * A stack as the kernel program took it.
 *
 * @param leaf the allocation function that was called
 * @param frames of the callers, innermost first: addresses as {@link #address} gives them, marked
 *     as {@link #isExact} tells
 * @param epoch in which code the addresses lie, see {@link CodeEpochs}
 */
public record RawStack(AllocatorFunction leaf, long[] frames, StackEnd end, int epoch) {
  /** How many callers there are. */
  public int depth() {
    return frames.length;
  }

  /**
   * A caller's address in the process, see {@link #isExact}.
   *
   * @param frame from 0, the innermost
   */
  public long address(int frame) {
    return frames[frame] & ~FrameChunk.EXACT;
  }

  /**
   * Whether the address is no return address, before which a call lies: that of the instruction
   * which was executing when a signal came, that of the code a signal handler returns to, or one
   * that makecontext put there.
   */
  public boolean isExact(int frame) {
    return (frames[frame] & FrameChunk.EXACT) != 0;
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof RawStack stack
        && leaf == stack.leaf
        && end == stack.end
        && epoch == stack.epoch
        && Arrays.equals(frames, stack.frames);
  }

  @Override
  public int hashCode() {
    return (Arrays.hashCode(frames) * 31 + epoch) * 31 + leaf.hashCode();
  }

  @Override
  public String toString() {
    return leaf + " " + Arrays.toString(frames) + " " + end + " in epoch " + epoch;
  }
}
