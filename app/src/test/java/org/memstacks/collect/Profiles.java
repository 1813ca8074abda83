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
  private Profiles() {}

  public static AllocationProfile of(StackValue... values) {
    return new Draft().values(values).profile();
  }

  public static AllocationProfile withoutStack(long bytes, long blocks, StackValue... values) {
    return new Draft().values(values).withoutStack(bytes, blocks).profile();
  }

  /** One stack with what is left of the blocks that the counters tell of. */
  public static AllocationProfile leaving(Map<Stat, Long> counters, long bytes, long blocks) {
    RawStack stack = new RawStack(Optional.of("malloc"), new long[] {1}, StackEnd.COMPLETE, 0);
    return new Draft().values(new StackValue(stack, bytes, blocks)).counted(counters).profile();
  }

  /** No stacks, but counters. */
  public static AllocationProfile counted(Map<Stat, Long> counters, Unattributed missedReturns) {
    return new Draft().counted(counters).missedReturns(missedReturns).profile();
  }

  /** No stacks, but an account of mappings. */
  public static AllocationProfile mapping(MappingAccount account, StackValue... values) {
    return new Draft().values(values).counted(Map.of()).mapping(account).profile();
  }

  /** No stacks, in a process that called exec once. */
  public static AllocationProfile replaced(long goneBytes, long goneBlocks, String problem) {
    return new Draft()
        .replaced(new Replacement(1, new Unattributed(goneBytes, goneBlocks), problem))
        .profile();
  }

  /** No stacks, but counters, and a table that could not grow. */
  public static AllocationProfile withShortage(Map<Stat, Long> counters, String shortage) {
    return new Draft().counted(counters).shortage(shortage).profile();
  }

  /** No stacks and no events in a process that was active. */
  public static AllocationProfile silent(long minorFaults, long dataPages, boolean forked) {
    return new Draft()
        .counted(Map.of())
        .active(new Activity(minorFaults, dataPages, 0, 0), forked)
        .profile();
  }

  /** Stacks some of which lead through an object that another one replaced. */
  public static AllocationProfile ambiguous(long bytes, StackValue... values) {
    return new Draft().values(values).ambiguous(bytes).profile();
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

  /** A profile in the making: of one request, and of a process at rest, unless told otherwise. */
  private static final class Draft {
    private List<StackValue> values = List.of();
    private Unattributed withoutStack = Unattributed.NONE;
    private Counters counters = counters(Map.of(Stat.REQUESTS, 1L));
    private Unattributed missedReturns = Unattributed.NONE;
    private Activity activity = new Activity(0, 0, 0, 0);
    private boolean forked;
    private Replacement replacement = Replacement.NONE;
    private String shortage = "";
    private long ambiguousBytes;
    private MappingAccount mappings = MappingAccount.NONE;

    Draft values(StackValue... all) {
      values = List.of(all);
      return this;
    }

    Draft withoutStack(long bytes, long blocks) {
      withoutStack = new Unattributed(bytes, blocks);
      return this;
    }

    Draft counted(Map<Stat, Long> all) {
      counters = counters(all);
      return this;
    }

    Draft missedReturns(Unattributed missed) {
      missedReturns = missed;
      return this;
    }

    Draft active(Activity of, boolean withFork) {
      activity = of;
      forked = withFork;
      return this;
    }

    Draft replaced(Replacement by) {
      replacement = by;
      return this;
    }

    Draft shortage(String why) {
      shortage = why;
      return this;
    }

    Draft ambiguous(long bytes) {
      ambiguousBytes = bytes;
      return this;
    }

    Draft mapping(MappingAccount account) {
      mappings = account;
      return this;
    }

    AllocationProfile profile() {
      return new AllocationProfile(
          values,
          withoutStack,
          counters,
          missedReturns,
          activity,
          forked,
          replacement,
          mappings.younger(),
          Optional.empty(),
          shortage,
          ambiguousBytes,
          mappings);
    }
  }
}
