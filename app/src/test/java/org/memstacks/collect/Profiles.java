package org.memstacks.collect;

import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Map;
import org.memstacks.bpf.Layouts.Stat;
import org.memstacks.collect.AllocationProfile.Unattributed;
import org.memstacks.target.TargetProcess.Activity;

/** Profiles without a kernel. */
public final class Profiles {
  private static final Activity QUIET = new Activity(0, 0, 0);

  private Profiles() {}

  public static AllocationProfile of(StackValue... values) {
    return new AllocationProfile(
        List.of(values), new Unattributed(0, 0), counters(Map.of(Stat.REQUESTS, 1L)), 0, QUIET);
  }

  public static AllocationProfile withoutStack(long bytes, long blocks, StackValue... values) {
    return new AllocationProfile(
        List.of(values),
        new Unattributed(bytes, blocks),
        counters(Map.of(Stat.REQUESTS, 1L)),
        0,
        QUIET);
  }

  /** No stacks, but counters. */
  public static AllocationProfile counted(Map<Stat, Long> counters, long missedReturns) {
    return new AllocationProfile(
        List.of(), new Unattributed(0, 0), counters(counters), missedReturns, QUIET);
  }

  /** No stacks and no events in a process that was active. */
  public static AllocationProfile silent(long minorFaults, long dataPages) {
    return new AllocationProfile(
        List.of(),
        new Unattributed(0, 0),
        counters(Map.of()),
        0,
        new Activity(minorFaults, dataPages, 0));
  }

  /** As two CPUs would have counted. */
  static Counters counters(Map<Stat, Long> values) {
    long[] rows = new long[2 * Stat.values().length];
    values.forEach((stat, value) -> {
      rows[stat.ordinal()] = value / 2;
      rows[Stat.values().length + stat.ordinal()] = value - value / 2;
    });
    return Counters.read(MemorySegment.ofArray(rows), 2);
  }
}
