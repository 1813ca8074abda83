package org.memstacks.collect;

import java.util.List;
import org.memstacks.bpf.BpfObject;
import org.memstacks.bpf.Layouts.LiveBucket;
import org.memstacks.collect.BlockOptions.View;

/**
 * Entries of the BPF maps of memstacks.bpf.c.
 *
 * @param liveBuckets of eight blocks each, in the first table of live blocks
 * @param overflow blocks beyond full buckets, their memory taken on demand
 */
record Sizes(int liveBuckets, int overflow, StackSizes stacks) {
  /* Buckets fill unevenly: at two thirds of all places one block in some hundred overflows. */
  private static final double LIVE_LOAD = 0.67;
  /* 3 MiB. */
  private static final int FIRST_LIVE_BUCKETS = 1 << 14;
  private static final int LIVE_GROWTH = 4;
  /* What can come in before another table is added; its own buckets are taken at once. */
  private static final int LEAST_OVERFLOW = 1 << 16;
  private static final int OVERFLOW_SHARE = 8;
  /* LAST_BLOCKS of temporary.bpf.h. */
  private static final int LAST_BLOCKS = 16_384;

  /* struct bucket of kernel/bpf/hashtab.c. */
  private static final int HASH_BUCKET_BYTES = 16;
  private static final List<String> ARRAYS =
      List.of("live_buckets", "stack_sums", "entry_tops", "calls", "last_blocks");

  static Sizes of(TraceOptions options, StackSizes stacks, SharedTables tables) {
    return new Sizes(
        options.all() ? 1 : Math.min(FIRST_LIVE_BUCKETS, liveBuckets(tables.liveBlocks())),
        options.all() ? 1 : overflow(tables.liveBlocks()),
        stacks);
  }

  /** Buckets for so many blocks. */
  static int liveBuckets(int blocks) {
    return Math.toIntExact(Math.ceilDiv((long) (blocks / LIVE_LOAD), LiveBucket.WAYS));
  }

  private static int overflow(int blocks) {
    return Math.min(blocks, Math.max(LEAST_OVERFLOW, blocks / OVERFLOW_SHARE));
  }

  /**
   * Buckets of the table of live blocks that is added next, if there may be so many: few tables, so
   * that few are searched, and none much larger than what was needed so far.
   *
   * @param buckets of the tables there are
   */
  static int nextLiveTable(int buckets) {
    return (int) Math.min((long) buckets * LIVE_GROWTH, Integer.MAX_VALUE);
  }

  void apply(BpfObject object, TraceOptions options) {
    stacks.apply(object);
    object.map("live_buckets").setMaxEntries(liveBuckets);
    object.map("live_overflow").setMaxEntries(overflow);
    object.map("stack_sums").setMaxEntries(options.sumsByStack() ? stacks.stackSlots() : 1);
    object
        .map("last_blocks")
        .setMaxEntries(options.blocks().view() == View.TEMPORARY ? LAST_BLOCKS : 1);
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
