package org.memstacks.collect;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import java.lang.foreign.MemorySegment;
import org.memstacks.bpf.Layouts.FrameChunk;
import org.memstacks.bpf.Layouts.StackSlot;

/** Reads stacks out of the kernel's store: heads by number, return addresses in chunks. */
final class StackStore {
  private final MemorySegment slots;
  private final MemorySegment chunks;

  StackStore(MemorySegment slots, MemorySegment chunks) {
    this.slots = slots;
    this.chunks = chunks;
  }

  /** The stack stored under this number. */
  RawStack stack(int id) {
    long slot = id * StackSlot.SIZE;
    int frames = slots.get(JAVA_BYTE, slot + StackSlot.FRAMES) & 0xff;
    long first = (slots.get(JAVA_INT, slot + StackSlot.CHUNK) - 1) * FrameChunk.SIZE;
    long[] addresses = new long[frames];
    for (int i = 0; i < frames; i++) {
      addresses[i] = chunks.get(JAVA_LONG, first + 8L * i);
    }
    int hook = slots.get(JAVA_SHORT, slot + StackSlot.HOOK) & 0xffff;
    return new RawStack(
        AllocatorFunction.values()[hook],
        addresses,
        StackEnd.of(slots.get(JAVA_BYTE, slot + StackSlot.END) & 0xff),
        slots.get(JAVA_INT, slot + StackSlot.EPOCH));
  }
}
