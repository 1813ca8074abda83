package org.memstacks.collect;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.HashMap;
import java.util.Map;
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
  private final Map<Integer, RawStack> read = new HashMap<>();

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

  /** The stack stored under this number; the same object each time. */
  public RawStack stack(int id) {
    return read.computeIfAbsent(id, this::readStack);
  }

  private RawStack readStack(int id) {
    long slot = id * StackSlot.SIZE;
    int frames = slots.get(JAVA_BYTE, slot + StackSlot.FRAMES) & 0xff;
    long first = (slots.get(JAVA_INT, slot + StackSlot.CHUNK) - 1) * FrameChunk.SIZE;
    int hook = slots.get(JAVA_SHORT, slot + StackSlot.HOOK) & 0xffff;
    return new RawStack(
        leaves.apply(hook),
        frames == 0 ? MemorySegment.NULL : chunks.asSlice(first, (long) frames * Long.BYTES),
        StackEnd.of(slots.get(JAVA_BYTE, slot + StackSlot.END) & 0xff),
        slots.get(JAVA_INT, slot + StackSlot.EPOCH));
  }
}
