package org.memstacks.collect;

import java.util.List;
import org.memstacks.bpf.BpfObject;
import org.memstacks.bpf.Layouts.LiveBucket;

/**
 * Entries of the BPF maps of memstacks.bpf.c.
 *
 * @param liveBuckets of eight blocks each, a power of two
 * @param overflow blocks beyond full buckets, their memory taken on demand
 */
record Sizes(int liveBuckets, int overflow, StackSizes stacks) {
  /* Buckets fill unevenly: at two thirds of all places one block in some hundred overflows. */
  private static final double LIVE_LOAD = 0.67;

  /* struct bucket of kernel/bpf/hashtab.c. */
  private static final int HASH_BUCKET_BYTES = 16;
  private static final List<String> ARRAYS =
      List.of("live_buckets", "stack_sums", "entry_tops", "calls");

  static Sizes of(TraceOptions options, StackSizes stacks) {
    return new Sizes(
        options.all() ? 1 : liveBuckets(options.maxLive()),
        options.all() ? 1 : options.maxLive(),
        stacks);
  }

  private static int liveBuckets(int blocks) {
    return Math.toIntExact(StackSizes.powerOfTwo((long) (blocks / LIVE_LOAD / LiveBucket.WAYS)));
  }

  void apply(BpfObject object, boolean all) {
    stacks.apply(object);
    object.map("live_buckets").setMaxEntries(liveBuckets);
    object.map("live_overflow").setMaxEntries(overflow);
    object.map("stack_sums").setMaxEntries(all ? stacks.stackSlots() : 1);
    object.map("entry_tops").setMaxEntries(stacks.cpus());
  }

  /**
   * Kernel memory of the maps once sized: arrays at once, hashes their buckets at once and their
   * elements on demand, of which none is counted for the overflow.
   */
  long kernelBytes(BpfObject object) {
    long bytes = stacks.kernelBytes(object);
    bytes += StackSizes.powerOfTwo(overflow) * HASH_BUCKET_BYTES;
    for (String array : ARRAYS) {
      bytes += StackSizes.arrayBytes(object.map(array));
    }
    return bytes;
  }
}
