package org.memstacks.collect;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Optional;
import java.util.function.IntFunction;
import org.memstacks.bpf.BpfObject;
import org.memstacks.bpf.Layouts.FrameChunk;
import org.memstacks.bpf.Layouts.StackSlot;

/** Reads stacks out of the kernel's store: heads by number, return addresses in chunks. */
public final class StackStore {
  private final MemorySegment slots;
  private final MemorySegment chunks;
  private final IntFunction<Optional<String>> leaves;

  private StackStore(
      MemorySegment slots, MemorySegment chunks, IntFunction<Optional<String>> leaves) {
    this.slots = slots;
    this.chunks = chunks;
    this.leaves = leaves;
  }

  /**
   * The store of a loaded object.
   *
   * @param arena to be closed when the object is
   * @param leaves the function that a hook's number stands for
   */
  public static StackStore of(BpfObject object, Arena arena, IntFunction<Optional<String>> leaves) {
    return new StackStore(
        object.map("stack_slots").mapped(arena), object.map("frame_chunks").mapped(arena), leaves);
  }

  /** The stack stored under this number. */
  public RawStack stack(int id) {
    long slot = id * StackSlot.SIZE;
    int frames = slots.get(JAVA_BYTE, slot + StackSlot.FRAMES) & 0xff;
    long first = (slots.get(JAVA_INT, slot + StackSlot.CHUNK) - 1) * FrameChunk.SIZE;
    long[] addresses = new long[frames];
    for (int i = 0; i < frames; i++) {
      addresses[i] = chunks.get(JAVA_LONG, first + 8L * i);
    }
    int hook = slots.get(JAVA_SHORT, slot + StackSlot.HOOK) & 0xffff;
    return new RawStack(
        leaves.apply(hook),
        addresses,
        StackEnd.of(slots.get(JAVA_BYTE, slot + StackSlot.END) & 0xff),
        slots.get(JAVA_INT, slot + StackSlot.EPOCH));
  }
}
