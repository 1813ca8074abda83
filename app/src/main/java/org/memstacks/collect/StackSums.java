package org.memstacks.collect;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import org.memstacks.bpf.Layouts.StackSum;
import org.memstacks.bpf.Layouts.WalkHead;
import org.memstacks.collect.BlockOptions.Histogram;

/**
 * Bytes and events by stack number, as the kernel adds them up where single blocks are not kept.
 */
final class StackSums {
  private StackSums() {}

  /** Those added up in the map, and those still in the walk slots. */
  static BlockSums of(MallocProbes probes, StackSizes sizes, Arena arena) {
    BlockSums all = new BlockSums(Histogram.NONE);
    MemorySegment sums = probes.map("stack_sums").mapped(arena);
    for (int id = 0; id < sizes.stackSlots(); id++) {
      add(all, id, sums, id * StackSum.SIZE);
    }
    MemorySegment walks = probes.map("walks").mapped(arena);
    long walkBytes = (probes.map("walks").valueSize() + 7L) & -8L;
    for (int slot = 0; slot < sizes.walkSlots(); slot++) {
      long at = slot * walkBytes;
      add(all, walks.get(JAVA_INT, at + WalkHead.STACK), walks, at + WalkHead.SUM);
    }
    return all;
  }

  private static void add(BlockSums all, int id, MemorySegment from, long at) {
    long events = from.get(JAVA_LONG, at + StackSum.EVENTS);
    if (events != 0) {
      all.add(id, 0, from.get(JAVA_LONG, at + StackSum.BYTES), events);
    }
  }
}
