package org.memstacks.collect;

import static java.lang.foreign.ValueLayout.JAVA_INT;

import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.function.IntUnaryOperator;
import org.memstacks.bpf.BpfMap;
import org.memstacks.bpf.BpfObject;
import org.memstacks.bpf.Layouts.Config;

/**
 * Entries of the BPF maps by which stacks are walked, remembered and stored.
 *
 * @param stackSlots a power of two, at least twice maxStacks
 * @param maxChunks of eight return addresses each
 * @param walkSlots a power of two
 * @param cpus a power of two, at least the number of possible CPUs
 * @param mappings in each of the two sets of code mappings
 * @param rows unwind rows, those of code mapped later included
 * @param rowPages pages of code with rows, likewise
 */
public record StackSizes(
    int stackSlots,
    int maxStacks,
    int maxChunks,
    int walkSlots,
    int cpus,
    int mappings,
    int rows,
    int rowPages) {
  private static final int WALK_SLOTS = 1024;
  /* Of eight frames each: the stacks of servers are 20 to 30 frames deep on average, a JVM's 60. */
  private static final int CHUNKS_PER_STACK = 8;
  /* A stack of greatest depth must fit whatever the number of stacks. */
  private static final int LEAST_CHUNKS = 16;
  private static final int LEAST_MAPPINGS = 4096;
  /* The kernel's own limit (vm.max_map_count), unless somebody raised it. */
  private static final int MOST_MAPPINGS = 1 << 16;
  /* Room for libraries loaded in the window: libLLVM, the largest one that servers load late, and others beside. */
  private static final int SPARE_ROWS = 1_300_000;
  private static final int SPARE_PAGES = 200_000;
  /* For all but the largest libraries, however many processes share the room. */
  private static final int LEAST_SPARE_ROWS = 300_000;
  private static final int LEAST_SPARE_PAGES = 50_000;

  private static final List<String> ARRAYS =
      List.of(
          "stack_slots",
          "frame_chunks",
          "walks",
          "stats_rows",
          "code_mappings",
          "unwind_rows",
          "row_pages",
          "known_rules");

  /**
   * @param share the part of the spare room that is one process's
   */
  static StackSizes of(int maxStacks, List<CodeArea> code, IntUnaryOperator share) {
    List<CodeModule> modules = code.stream().map(CodeArea::module).distinct().toList();
    int rows = modules.stream().mapToInt(CodeModule::rows).sum();
    int pages = modules.stream().mapToInt(CodeModule::pages).sum();
    return new StackSizes(
        Math.toIntExact(powerOfTwo(2L * maxStacks)),
        maxStacks,
        Math.toIntExact(Math.max(LEAST_CHUNKS, (long) CHUNKS_PER_STACK * maxStacks)),
        WALK_SLOTS,
        Math.toIntExact(powerOfTwo(BpfObject.possibleCpus())),
        Math.clamp(2L * code.size(), LEAST_MAPPINGS, MOST_MAPPINGS),
        Math.addExact(rows, Math.max(LEAST_SPARE_ROWS, share.applyAsInt(SPARE_ROWS))),
        Math.addExact(pages, Math.max(LEAST_SPARE_PAGES, share.applyAsInt(SPARE_PAGES))));
  }

  /** Before load: sets the maps' sizes. */
  public void apply(BpfObject object) {
    object.map("stack_slots").setMaxEntries(stackSlots);
    object.map("frame_chunks").setMaxEntries(maxChunks);
    object.map("walks").setMaxEntries(walkSlots);
    object.map("stats_rows").setMaxEntries(cpus);
    object.map("code_mappings").setMaxEntries(2 * mappings);
    object.map("unwind_rows").setMaxEntries(rows);
    object.map("row_pages").setMaxEntries(rowPages);
  }

  /** Before load: tells the programs. */
  public void configure(MemorySegment config) {
    config.set(JAVA_INT, Config.STACK_SLOTS, stackSlots);
    config.set(JAVA_INT, Config.MAX_STACKS, maxStacks);
    config.set(JAVA_INT, Config.MAX_CHUNKS, maxChunks);
    config.set(JAVA_INT, Config.WALK_SLOTS, walkSlots);
    config.set(JAVA_INT, Config.CPUS, cpus);
    config.set(JAVA_INT, Config.MAX_MAPPINGS, mappings);
  }

  /** Kernel memory of these maps once sized. */
  public long kernelBytes(BpfObject object) {
    return ARRAYS.stream().mapToLong(name -> arrayBytes(object.map(name))).sum();
  }

  /** Kernel memory of an array map once sized. */
  public static long arrayBytes(BpfMap map) {
    return map.maxEntries() * ((map.valueSize() + 7L) & -8L);
  }

  /** The least power of two that is not smaller. */
  public static long powerOfTwo(long atLeast) {
    return atLeast <= 1 ? 1 : Long.highestOneBit(atLeast - 1) << 1;
  }
}
