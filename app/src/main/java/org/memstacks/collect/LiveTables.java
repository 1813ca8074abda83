package org.memstacks.collect;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import org.memstacks.bpf.BpfArray;
import org.memstacks.bpf.BpfException;
import org.memstacks.bpf.BpfMap;
import org.memstacks.bpf.Layouts.Control;
import org.memstacks.bpf.Layouts.LiveBlock;
import org.memstacks.bpf.Layouts.LiveBucket;

/**
 * The live blocks as the kernel's programs keep them: a small table from the begin, and larger ones
 * added as it fills. What comes faster than they can be added goes to the overflow, a hash of the
 * kernel's own that takes memory block by block.
 */
final class LiveTables implements LiveBlocks, AutoCloseable {
  /** Buckets, one after the other. */
  private record Table(MemorySegment buckets, int count) {}

  /* Left to others when a table is added: it must not be what makes memory run out. */
  private static final long RESERVE_BYTES = 64L << 20;
  /* Left by the overflow: for reading all of it out, and what comes before this is looked at again. */
  private static final long OVERFLOW_RESERVE_BYTES = 48L << 20;
  private static final long SIZE_MASK = (1L << LiveBlock.SIZE_BITS) - 1;
  private static final int BUCKETS_AT_ONCE = 1 << 14;

  private final BpfMap added;
  private final BpfMap overflow;
  private final MemorySegment control;
  private final LiveBudget budget;
  private final boolean force;
  private final List<Table> tables = new ArrayList<>();
  private final List<BpfArray> arrays = new ArrayList<>();
  private String shortage = "";
  private long goneBlocks;
  private long goneBytes;

  /**
   * @param control the map .data.control
   * @param arena unmaps the first table when it is closed
   */
  LiveTables(
      MallocProbes probes,
      Sizes sizes,
      LiveBudget budget,
      MemorySegment control,
      boolean force,
      Arena arena) {
    this.added = probes.map("live_tables");
    this.overflow = probes.map("live_overflow");
    this.control = control;
    this.budget = budget;
    this.force = force;
    tables.add(new Table(probes.map("live_buckets").mapped(arena), sizes.liveBuckets()));
    budget.take(sizes.liveBuckets());
  }

  /**
   * Adds a table when those there are are half full, as long as the limit and the machine's memory
   * permit it; and leaves enough of it, whatever comes, for the collector not to be killed.
   *
   * @param blocks live now
   */
  void growFor(long blocks) {
    if (blocks * 2 >= (long) buckets() * LiveBucket.WAYS) {
      grow();
      keepReserve();
    }
  }

  private void grow() {
    int more =
        arrays.size() == Control.MAX_LIVE_TABLES ? 0 : budget.take(Sizes.nextLiveTable(buckets()));
    if (more == 0) {
      return;
    }
    shortage = shortageOf(more * LiveBucket.SIZE);
    if (shortage.isEmpty()) {
      add(more);
    }
    if (!shortage.isEmpty()) {
      budget.giveBack(more);
    }
  }

  /** Where memory is short the overflow takes none of it either, until there is some again. */
  private void keepReserve() {
    if (force) {
      return;
    }
    try {
      MemoryBudget budget = MemoryBudget.current();
      boolean isShort = budget.availableBytes() < OVERFLOW_RESERVE_BYTES;
      control.set(JAVA_INT, Control.OVERFLOW_CLOSED, isShort ? 1 : 0);
      if (isShort && shortage.isEmpty()) {
        shortage =
            "as it may take no more memory: only %d MiB are to spare (%s); --force lets it"
                .formatted(budget.availableBytes() >> 20, budget.limitedBy());
      }
    } catch (IOException e) {
      // Said by shortageOf, which asks for more.
    }
  }

  private int buckets() {
    return tables.stream().mapToInt(Table::count).sum();
  }

  private String shortageOf(long bytes) {
    try {
      MemoryBudget budget = MemoryBudget.current();
      return force || bytes + RESERVE_BYTES <= budget.availableBytes()
          ? ""
          : "it could not grow by %d MiB: only %d MiB are to spare (%s); --force lets it"
              .formatted(bytes >> 20, budget.availableBytes() >> 20, budget.limitedBy());
    } catch (IOException e) {
      return "it could not grow: " + e.getMessage();
    }
  }

  private void add(int buckets) {
    try {
      BpfArray array = BpfArray.create("live_table", buckets, (int) LiveBucket.SIZE);
      int number = arrays.size();
      arrays.add(array);
      tables.add(new Table(array.memory(), buckets));
      added.put(number, array);
      control.set(JAVA_INT, Control.LIVE_MORE_BUCKETS + 4L * number, buckets);
      // Last, and at once for all programs: from now on they look there.
      JAVA_INT.varHandle().setRelease(control, Control.LIVE_MORE, number + 1);
    } catch (BpfException e) {
      shortage = "it could not grow: " + e.getMessage();
    }
  }

  /** Why the tables are smaller than they may become, for people; empty when nothing hindered. */
  String shortage() {
    return shortage;
  }

  /** Kernel memory of the tables that were added. */
  long addedBytes() {
    return tables.stream().skip(1).mapToLong(table -> table.count() * LiveBucket.SIZE).sum();
  }

  /** Blocks whose address space the target has left are only counted. */
  @Override
  public void forEach(BlockVisitor visitor, Runnable meanwhile) {
    goneBlocks = 0;
    goneBytes = 0;
    for (Table table : List.copyOf(tables)) {
      for (int bucket = 0; bucket < table.count(); bucket++) {
        visit(table.buckets(), bucket * LiveBucket.SIZE, visitor);
        if (bucket % BUCKETS_AT_ONCE == BUCKETS_AT_ONCE - 1) {
          meanwhile.run();
        }
      }
    }
    if (control.get(JAVA_INT, Control.OVERFLOW) != 0) {
      overflow.forEach((address, block) ->
          visitBlock(
              address.get(JAVA_LONG, 0),
              block.get(JAVA_LONG, LiveBlock.SIZE_EXECS),
              block.get(JAVA_INT, LiveBlock.STACK),
              block.get(JAVA_INT, LiveBlock.BORN),
              visitor));
    }
  }

  /** Blocks met by {@link #forEach} whose address space the target has left. */
  long goneBlocks() {
    return goneBlocks;
  }

  long goneBytes() {
    return goneBytes;
  }

  private void visit(MemorySegment buckets, long at, BlockVisitor visitor) {
    for (int way = 0; way < LiveBucket.WAYS; way++) {
      long address = buckets.get(JAVA_LONG, at + LiveBucket.ADDRESS + 8L * way);
      // Neither free, nor left by a block (negative), nor claimed by a program that ended early.
      if (address > 1) {
        long block = at + LiveBucket.BLOCK + way * LiveBlock.SIZE;
        long sizeExecs = buckets.get(JAVA_LONG, block + LiveBlock.SIZE_EXECS);
        int stack = buckets.get(JAVA_INT, block + LiveBlock.STACK);
        int born = buckets.get(JAVA_INT, block + LiveBlock.BORN);
        // Else it was freed while it was read, and its place may be another one's.
        if (buckets.get(JAVA_LONG, at + LiveBucket.ADDRESS + 8L * way) == address) {
          visitBlock(address, sizeExecs, stack, born, visitor);
        }
      }
    }
  }

  private void visitBlock(long address, long sizeExecs, int stack, int born, BlockVisitor visitor) {
    long bytes = sizeExecs & SIZE_MASK;
    short execs = (short) (sizeExecs >>> LiveBlock.SIZE_BITS);
    if (execs == (short) control.get(JAVA_INT, Control.EXECS)) {
      visitor.visit(address, bytes, stack, born);
    } else {
      goneBlocks++;
      goneBytes += bytes;
    }
  }

  @Override
  public void close() {
    budget.giveBack(buckets());
    arrays.forEach(BpfArray::close);
  }
}
