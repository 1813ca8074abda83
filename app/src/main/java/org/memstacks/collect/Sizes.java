package org.memstacks.collect;

import java.util.List;
import org.memstacks.bpf.BpfMap;
import org.memstacks.bpf.BpfObject;
import org.memstacks.bpf.Layouts.LiveBucket;

/**
 * Entries of the BPF maps.
 *
 * @param liveBuckets of eight blocks each, in the first table of live blocks
 * @param mostLiveBuckets in all tables of live blocks together, once they have grown
 * @param overflow blocks beyond full buckets, their memory taken on demand
 * @param stackSlots a power of two, at least twice maxStacks
 * @param maxChunks of eight return addresses each
 * @param walkSlots a power of two
 * @param cpus a power of two, at least the number of possible CPUs
 * @param mappings in each of the two sets of code mappings
 * @param rows unwind rows, those of code mapped later included
 * @param rowPages pages of code with rows, likewise
 */
record Sizes(
    int liveBuckets,
    int mostLiveBuckets,
    int overflow,
    int stackSlots,
    int maxStacks,
    int maxChunks,
    int walkSlots,
    int cpus,
    int mappings,
    int rows,
    int rowPages) {
  /* Buckets fill unevenly: at two thirds of all places one block in some hundred overflows. */
  private static final double LIVE_LOAD = 0.67;
  /* 3 MiB. */
  private static final int FIRST_LIVE_BUCKETS = 1 << 14;
  private static final int LIVE_GROWTH = 4;
  /* What can come in before another table is added; its own buckets are taken at once. */
  private static final int LEAST_OVERFLOW = 1 << 16;
  private static final int OVERFLOW_SHARE = 8;
  private static final int WALK_SLOTS = 1024;
  /* Stacks of servers are 20 to 30 frames deep on average. */
  private static final int CHUNKS_PER_STACK = 4;
  /* A stack of greatest depth must fit whatever the number of stacks. */
  private static final int LEAST_CHUNKS = 16;

  /* struct bucket and struct htab_elem of kernel/bpf/hashtab.c. */
  private static final int HASH_BUCKET_BYTES = 16;
  private static final int HASH_ELEMENT_BYTES = 64;
  private static final List<String> ARRAYS =
      List.of(
          "live_buckets",
          "stack_slots",
          "stack_sums",
          "frame_chunks",
          "walks",
          "stats_rows",
          "entry_tops",
          "code_mappings",
          "unwind_rows",
          "row_pages",
          "known_rules");

  private static final int MAPPINGS = 4096;
  /* Room for libraries loaded in the window, the size of libstdc++ ten times over. */
  private static final int SPARE_ROWS = 300_000;
  private static final int SPARE_PAGES = 100_000;

  static Sizes of(TraceOptions options, List<CodeArea> code) {
    List<CodeModule> modules = code.stream().map(CodeArea::module).distinct().toList();
    int rows = modules.stream().mapToInt(CodeModule::rows).sum();
    int pages = modules.stream().mapToInt(CodeModule::pages).sum();
    int stacks = options.stackStorage();
    return new Sizes(
        options.all() ? 1 : Math.min(FIRST_LIVE_BUCKETS, liveBuckets(options.maxLive())),
        options.all() ? 1 : liveBuckets(options.maxLive()),
        options.all() ? 1 : overflow(options.maxLive()),
        Math.toIntExact(powerOfTwo(2L * stacks)),
        stacks,
        Math.toIntExact(Math.max(LEAST_CHUNKS, (long) CHUNKS_PER_STACK * stacks)),
        WALK_SLOTS,
        Math.toIntExact(powerOfTwo(BpfObject.possibleCpus())),
        MAPPINGS,
        Math.addExact(rows, SPARE_ROWS),
        Math.addExact(pages, SPARE_PAGES));
  }

  private static int liveBuckets(int blocks) {
    return Math.toIntExact(Math.ceilDiv((long) (blocks / LIVE_LOAD), LiveBucket.WAYS));
  }

  private static int overflow(int blocks) {
    return Math.min(blocks, Math.max(LEAST_OVERFLOW, blocks / OVERFLOW_SHARE));
  }

  /**
   * Buckets of the table of live blocks that is added next: few tables, so that few are searched,
   * and none much larger than what was needed so far.
   *
   * @param buckets of the tables there are
   * @param most buckets of all tables in the end
   */
  static int nextLiveTable(int buckets, int most) {
    return (int) Math.min((long) buckets * LIVE_GROWTH, most - buckets);
  }

  void apply(BpfObject object, boolean all) {
    object.map("live_buckets").setMaxEntries(liveBuckets);
    object.map("live_overflow").setMaxEntries(overflow);
    object.map("stack_slots").setMaxEntries(stackSlots);
    object.map("stack_sums").setMaxEntries(all ? stackSlots : 1);
    object.map("frame_chunks").setMaxEntries(maxChunks);
    object.map("walks").setMaxEntries(walkSlots);
    object.map("stats_rows").setMaxEntries(cpus);
    object.map("entry_tops").setMaxEntries(cpus);
    object.map("code_mappings").setMaxEntries(2 * mappings);
    object.map("unwind_rows").setMaxEntries(rows);
    object.map("row_pages").setMaxEntries(rowPages);
  }

  /**
   * Kernel memory of the maps once sized: arrays at once, hashes their buckets at once and their
   * elements on demand, of which none is counted for the overflow.
   */
  long kernelBytes(BpfObject object) {
    long bytes = powerOfTwo(overflow) * HASH_BUCKET_BYTES;
    for (String array : ARRAYS) {
      BpfMap map = object.map(array);
      bytes += map.maxEntries() * ((map.valueSize() + 7L) & -8L);
    }
    BpfMap calls = object.map("calls");
    return bytes
        + calls.maxEntries() * (long) (calls.keySize() + calls.valueSize() + HASH_ELEMENT_BYTES);
  }

  private static long powerOfTwo(long atLeast) {
    return atLeast <= 1 ? 1 : Long.highestOneBit(atLeast - 1) << 1;
  }
}
