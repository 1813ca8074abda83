package org.memstacks.collect;

import java.util.Arrays;
import java.util.Optional;
import org.memstacks.bpf.Layouts.FrameChunk;

/**
 * A stack as the kernel program took it.
 *
 * @param leaf the probed function that was called; empty when a fault begins the stack
 * @param frames of the callers, innermost first: addresses as {@link #address} gives them, marked
 *     as {@link #isExact} tells
 * @param epoch in which code the addresses lie, see {@link CodeEpochs}
 */
public record RawStack(Optional<String> leaf, long[] frames, StackEnd end, int epoch) {
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
   * which was executing when a fault or a signal came, that of the code a signal handler returns
   * to, or one that makecontext put there.
   */
  public boolean isExact(int frame) {
    return (frames[frame] & FrameChunk.EXACT) != 0;
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof RawStack stack
        && leaf.equals(stack.leaf)
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
    return leaf.orElse("fault") + " " + Arrays.toString(frames) + " " + end + " in epoch " + epoch;
  }
}
