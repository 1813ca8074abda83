package org.memstacks.fault;

import java.util.List;
import org.memstacks.bpf.BpfMap;
import org.memstacks.bpf.BpfObject;
import org.memstacks.bpf.Layouts.PageChunk;
import org.memstacks.collect.StackSizes;

/**
 * Entries of the BPF maps of pgfaultstacks.bpf.c.
 *
 * @param pageChunks of {@link PageChunk#PAGES} pages each
 * @param changes of pages (moved, given back) that can wait to be read, a power of two
 */
record FaultSizes(int pageChunks, int changes, StackSizes stacks) {
  /* With linear probing two thirds full are found within a few steps. */
  private static final double LOAD = 0.67;
  private static final int LEAST_CHUNKS = 1024;
  private static final int CHANGES = 65_536;
  private static final List<String> ARRAYS = List.of("page_chunks", "page_changes", "fault_rows");
  private static final List<String> HASHES = List.of("mapping_calls", "displaced_records");
  private static final int HASH_ELEMENT_BYTES = 64;

  static FaultSizes of(FaultOptions options, StackSizes stacks) {
    long chunks = (long) (options.maxPages() / LOAD / PageChunk.PAGES);
    return new FaultSizes(Math.toIntExact(Math.max(LEAST_CHUNKS, chunks)), CHANGES, stacks);
  }

  void apply(BpfObject object) {
    stacks.apply(object);
    object.map("page_chunks").setMaxEntries(pageChunks);
    object.map("page_changes").setMaxEntries(changes);
    object.map("fault_rows").setMaxEntries(stacks.cpus());
    object.map("stack_sums").setMaxEntries(1);
  }

  /** Kernel memory of the table of pages once sized. */
  long pageTableBytes(BpfObject object) {
    return StackSizes.arrayBytes(object.map("page_chunks"));
  }

  /** Kernel memory of the maps once sized. */
  long kernelBytes(BpfObject object) {
    return stacks.kernelBytes(object)
        + ARRAYS.stream().mapToLong(name -> StackSizes.arrayBytes(object.map(name))).sum()
        + HASHES.stream().mapToLong(name -> hashBytes(object.map(name))).sum();
  }

  private static long hashBytes(BpfMap map) {
    return map.maxEntries() * (long) (map.keySize() + map.valueSize() + HASH_ELEMENT_BYTES);
  }
}
