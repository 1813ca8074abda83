package org.memstacks.collect;

import static java.lang.foreign.ValueLayout.JAVA_INT;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Optional;
import org.memstacks.bpf.Layouts.Control;
import org.memstacks.bpf.Layouts.Stat;
import org.memstacks.collect.AllocationProfile.Unattributed;
import org.memstacks.collect.Timeline.Moment;

/** What the programs of a trace count, at any time, and what follows from that. */
final class TraceCounters {
  private final MemorySegment rows;
  private final int cpus;
  private final TraceOptions options;
  private final Optional<MappingTrace> mappings;
  private final MemorySegment control;

  /**
   * @param control the map .data.control
   * @param arena for as long as the counters are read
   */
  TraceCounters(
      MallocProbes probes,
      Sizes sizes,
      TraceOptions options,
      Optional<MappingTrace> mappings,
      MemorySegment control,
      Arena arena) {
    this.rows = probes.map("stats_rows").mapped(arena);
    this.cpus = sizes.stacks().cpus();
    this.options = options;
    this.mappings = mappings;
    this.control = control;
  }

  Counters read() {
    return Counters.read(rows, cpus);
  }

  /** Blocks of the allocator that are live. */
  long liveBlocks() {
    Counters now = read();
    return now.get(Stat.ALLOCATIONS) - now.get(Stat.FREED_BLOCKS) - now.get(Stat.GONE_BLOCKS);
  }

  /** Live bytes, those of mappings included. */
  long liveBytes() {
    Counters now = read();
    return now.get(Stat.ALLOCATED_BYTES)
        - now.get(Stat.FREED_BYTES)
        - now.get(Stat.GONE_BYTES)
        + mappings.map(MappingTrace::bytes).orElse(0L);
  }

  /** What was allocated until now, and freed of what was there before. */
  Moment moment(long nanos) {
    Counters now = read();
    boolean older = control.get(JAVA_INT, Control.OLDER) != 0;
    return new Moment(
        nanos,
        now.get(Stat.ALLOCATIONS) + mappings.map(MappingTrace::added).orElse(0L),
        now.get(Stat.OLDER_FREES) + (older ? mappings.map(MappingTrace::olderGone).orElse(0L) : 0));
  }

  /**
   * Calls that began and whose return was not seen. As many as there are threads may be under way
   * when the window ends.
   *
   * @param threads of the process then
   */
  Unattributed missedReturns(long threads) {
    Counters now = read();
    long open =
        now.get(Stat.REQUESTS)
            - now.get(Stat.ALLOCATIONS)
            - now.get(Stat.UNRECORDED)
            - now.get(Stat.PENDING_LOST);
    return options.all() || open <= threads
        ? Unattributed.NONE
        : new Unattributed(
            now.get(Stat.REQUESTED_BYTES)
                - now.get(Stat.ALLOCATED_BYTES)
                - now.get(Stat.UNRECORDED_BYTES)
                - now.get(Stat.PENDING_LOST_BYTES),
            open - threads);
  }
}
