package org.memstacks.collect;

import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.memstacks.bpf.Layouts.Stat;
import org.memstacks.collect.AllocationProfile.Replacement;
import org.memstacks.collect.AllocationProfile.Unattributed;
import org.memstacks.target.TargetProcess.Activity;

/** Profiles without a kernel. */
public final class Profiles {
  private static final Activity QUIET = new Activity(0, 0, 0, 0);
  private static final Unattributed NONE = new Unattributed(0, 0);

  private Profiles() {}

  public static AllocationProfile of(StackValue... values) {
    return new AllocationProfile(
        List.of(values),
        new Unattributed(0, 0),
        counters(Map.of(Stat.REQUESTS, 1L)),
        NONE,
        QUIET,
        false,
        Replacement.NONE,
        Unattributed.NONE,
        Optional.empty(),
        "",
        0);
  }

  public static AllocationProfile withoutStack(long bytes, long blocks, StackValue... values) {
    return new AllocationProfile(
        List.of(values),
        new Unattributed(bytes, blocks),
        counters(Map.of(Stat.REQUESTS, 1L)),
        NONE,
        QUIET,
        false,
        Replacement.NONE,
        Unattributed.NONE,
        Optional.empty(),
        "",
        0);
  }

  /** One stack with what is left of the blocks that the counters tell of. */
  public static AllocationProfile leaving(Map<Stat, Long> counters, long bytes, long blocks) {
    RawStack stack = new RawStack(Optional.of("malloc"), new long[] {1}, StackEnd.COMPLETE, 0);
    return new AllocationProfile(
        List.of(new StackValue(stack, bytes, blocks)),
        Unattributed.NONE,
        counters(counters),
        NONE,
        QUIET,
        false,
        Replacement.NONE,
        Unattributed.NONE,
        Optional.empty(),
        "",
        0);
  }

  /** No stacks, but counters. */
  public static AllocationProfile counted(Map<Stat, Long> counters, Unattributed missedReturns) {
    return new AllocationProfile(
        List.of(),
        new Unattributed(0, 0),
        counters(counters),
        missedReturns,
        QUIET,
        false,
        Replacement.NONE,
        Unattributed.NONE,
        Optional.empty(),
        "",
        0);
  }

  /** No stacks, in a process that called exec once. */
  public static AllocationProfile replaced(long goneBytes, long goneBlocks, String problem) {
    return new AllocationProfile(
        List.of(),
        new Unattributed(0, 0),
        counters(Map.of(Stat.REQUESTS, 1L)),
        NONE,
        QUIET,
        false,
        new Replacement(1, new Unattributed(goneBytes, goneBlocks), problem),
        Unattributed.NONE,
        Optional.empty(),
        "",
        0);
  }

  /** No stacks, but counters, and a table that could not grow. */
  public static AllocationProfile withShortage(Map<Stat, Long> counters, String shortage) {
    return new AllocationProfile(
        List.of(),
        new Unattributed(0, 0),
        counters(counters),
        NONE,
        QUIET,
        false,
        Replacement.NONE,
        Unattributed.NONE,
        Optional.empty(),
        shortage,
        0);
  }

  /** No stacks and no events in a process that was active. */
  public static AllocationProfile silent(long minorFaults, long dataPages, boolean forked) {
    return new AllocationProfile(
        List.of(),
        new Unattributed(0, 0),
        counters(Map.of()),
        NONE,
        new Activity(minorFaults, dataPages, 0, 0),
        forked,
        Replacement.NONE,
        Unattributed.NONE,
        Optional.empty(),
        "",
        0);
  }

  /** Stacks some of which lead through an object that another one replaced. */
  public static AllocationProfile ambiguous(long bytes, StackValue... values) {
    return new AllocationProfile(
        List.of(values),
        NONE,
        counters(Map.of(Stat.REQUESTS, 1L)),
        NONE,
        QUIET,
        false,
        Replacement.NONE,
        Unattributed.NONE,
        Optional.empty(),
        "",
        bytes);
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
