package org.memstacks.collect;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.memstacks.bpf.BpfException;
import org.memstacks.bpf.Layouts;
import org.memstacks.bpf.Layouts.Control;
import org.memstacks.bpf.Layouts.LiveBlock;
import org.memstacks.bpf.Layouts.LiveBucket;
import org.memstacks.bpf.Layouts.StackSum;
import org.memstacks.bpf.Layouts.WalkHead;
import org.memstacks.collect.AllocationProfile.Unattributed;
import org.memstacks.target.TargetProcess;

/**
 * Traces the allocations of one process: {@link #attach}, {@link #begin} the window, {@link #end}
 * it, then {@link #profile}. Closing detaches everything at any point.
 */
public final class MallocTrace implements AutoCloseable {
  private final MallocProbes probes;
  private final TraceOptions options;
  private final Sizes sizes;
  private final Arena arena = Arena.ofShared();
  private final MemorySegment control;

  private MallocTrace(MallocProbes probes, TraceOptions options, Sizes sizes) {
    this.probes = probes;
    this.options = options;
    this.sizes = sizes;
    this.control = probes.map(".data.control").mapped(arena);
  }

  /**
   * Attaches in the best way the kernel offers, or in the one asked for. Nothing is recorded yet.
   *
   * @throws BpfException when the kernel refuses every way
   */
  public static MallocTrace attach(TargetProcess target, Allocator allocator, TraceOptions options)
      throws IOException {
    Sizes sizes = Sizes.of(options);
    PidNamespace namespace = PidNamespace.own();
    List<AttachKind> ways = options.attach().map(List::of).orElse(List.of(AttachKind.values()));
    BpfException refusal = null;
    for (AttachKind kind : ways) {
      MallocProbes probes = null;
      try {
        probes = MallocProbes.load(kind, options, sizes, namespace, allocator.functions());
        if (probes.filtersByProcess()) {
          probes.attach(target.pid(), allocator.functions(), options.all());
          return new MallocTrace(probes, options, sizes);
        }
        probes.close();
      } catch (BpfException e) {
        if (probes != null) {
          probes.close();
        }
        if (refusal != null) {
          e.addSuppressed(refusal);
        }
        refusal = e;
      }
    }
    if (refusal == null) {
      throw new IOException("this kernel's uprobe multi links filter by thread; use --attach perf");
    }
    throw refusal;
  }

  /** How the probes are attached. */
  public AttachKind kind() {
    return probes.kind();
  }

  /** Opens the window. */
  public void begin() {
    control.set(JAVA_INT, Control.ACTIVE, 1);
  }

  /** Closes the window at once for all probes, then detaches them. */
  public void end() {
    control.set(JAVA_INT, Control.ACTIVE, 0);
    probes.detach();
  }

  /** What the window brought; to be called after {@link #end}. */
  public AllocationProfile profile() {
    Counters counters = Counters.read(probes.map("stats_rows").mapped(arena), sizes.cpus());
    Map<Integer, long[]> byStack = options.all() ? sums() : liveBlocks();
    long[] lost = byStack.remove(Layouts.STACK_ID_NONE);
    if (options.all()) {
      lost =
          new long[] {
            counters.get(Layouts.Stat.UNSTORED_BYTES), counters.get(Layouts.Stat.UNSTORED_STACKS)
          };
    }
    StackStore store =
        new StackStore(
            probes.map("stack_slots").mapped(arena), probes.map("frame_chunks").mapped(arena));
    Map<RawStack, long[]> merged = HashMap.newHashMap(byStack.size());
    byStack.forEach((id, sum) -> add(merged, store.stack(id), sum[0], sum[1]));
    List<StackValue> stacks = new ArrayList<>(merged.size());
    merged.forEach((stack, sum) -> stacks.add(new StackValue(stack, sum[0], sum[1])));
    return new AllocationProfile(
        stacks,
        lost == null ? new Unattributed(0, 0) : new Unattributed(lost[0], lost[1]),
        counters);
  }

  @Override
  public void close() {
    probes.close();
    arena.close();
  }

  /** Bytes and blocks of the live blocks, by stack number. */
  private Map<Integer, long[]> liveBlocks() {
    Map<Integer, long[]> byStack = new HashMap<>();
    MemorySegment buckets = probes.map("live_buckets").mapped(arena);
    for (int bucket = 0; bucket < sizes.liveBuckets(); bucket++) {
      long at = bucket * LiveBucket.SIZE;
      for (int way = 0; way < LiveBucket.WAYS; way++) {
        if (buckets.get(JAVA_LONG, at + LiveBucket.ADDRESS + 8L * way) != 0) {
          long block = at + LiveBucket.BLOCK + way * LiveBlock.SIZE;
          add(
              byStack,
              buckets.get(JAVA_INT, block + LiveBlock.STACK),
              buckets.get(JAVA_LONG, block + LiveBlock.BYTES),
              1);
        }
      }
    }
    if (control.get(JAVA_INT, Control.OVERFLOW) != 0) {
      probes
          .map("live_overflow")
          .forEach((address, block) ->
              add(
                  byStack,
                  block.get(JAVA_INT, LiveBlock.STACK),
                  block.get(JAVA_LONG, LiveBlock.BYTES),
                  1));
    }
    return byStack;
  }

  /**
   * Bytes and events by stack number: those added up in the map, and those still in the walk slots.
   */
  private Map<Integer, long[]> sums() {
    Map<Integer, long[]> byStack = new HashMap<>();
    MemorySegment sums = probes.map("stack_sums").mapped(arena);
    for (int id = 0; id < sizes.stackSlots(); id++) {
      addSum(byStack, id, sums, id * StackSum.SIZE);
    }
    MemorySegment walks = probes.map("walks").mapped(arena);
    long walkBytes = (probes.map("walks").valueSize() + 7L) & -8L;
    for (int slot = 0; slot < sizes.walkSlots(); slot++) {
      long at = slot * walkBytes;
      addSum(byStack, walks.get(JAVA_INT, at + WalkHead.STACK), walks, at + WalkHead.SUM);
    }
    return byStack;
  }

  private static void addSum(Map<Integer, long[]> byStack, int id, MemorySegment from, long at) {
    long events = from.get(JAVA_LONG, at + StackSum.EVENTS);
    if (events != 0) {
      add(byStack, id, from.get(JAVA_LONG, at + StackSum.BYTES), events);
    }
  }

  private static <K> void add(Map<K, long[]> sums, K key, long bytes, long blocks) {
    long[] sum = sums.computeIfAbsent(key, k -> new long[2]);
    sum[0] += bytes;
    sum[1] += blocks;
  }
}
