package org.memstacks.collect;

import org.memstacks.bpf.BpfObject;

/**
 * Entries of the BPF maps.
 *
 * @param liveBuckets of eight blocks each, a power of two
 * @param overflow blocks beyond full buckets, their memory taken on demand
 * @param stackSlots a power of two, at least twice maxStacks
 * @param maxChunks of eight return addresses each
 * @param walkSlots a power of two
 * @param cpus a power of two, at least the number of possible CPUs
 */
record Sizes(
    int liveBuckets,
    int overflow,
    int stackSlots,
    int maxStacks,
    int maxChunks,
    int walkSlots,
    int cpus) {
  private static final int LIVE_BUCKETS = 1 << 17;
  private static final int OVERFLOW = 1 << 20;
  private static final int WALK_SLOTS = 1024;
  /* Stacks of servers are 20 to 30 frames deep on average. */
  private static final int CHUNKS_PER_STACK = 4;
  /* A stack of greatest depth must fit whatever the number of stacks. */
  private static final int LEAST_CHUNKS = 16;

  static Sizes of(TraceOptions options) {
    int stacks = options.stackStorage();
    return new Sizes(
        options.all() ? 1 : LIVE_BUCKETS,
        options.all() ? 1 : OVERFLOW,
        Math.toIntExact(powerOfTwo(2L * stacks)),
        stacks,
        Math.toIntExact(Math.max(LEAST_CHUNKS, (long) CHUNKS_PER_STACK * stacks)),
        WALK_SLOTS,
        Math.toIntExact(powerOfTwo(BpfObject.possibleCpus())));
  }

  void apply(BpfObject object, boolean all) {
    object.map("live_buckets").setMaxEntries(liveBuckets);
    object.map("live_overflow").setMaxEntries(overflow);
    object.map("stack_slots").setMaxEntries(stackSlots);
    object.map("stack_sums").setMaxEntries(all ? stackSlots : 1);
    object.map("frame_chunks").setMaxEntries(maxChunks);
    object.map("walks").setMaxEntries(walkSlots);
    object.map("stats_rows").setMaxEntries(cpus);
  }

  private static long powerOfTwo(long atLeast) {
    return atLeast <= 1 ? 1 : Long.highestOneBit(atLeast - 1) << 1;
  }
}
