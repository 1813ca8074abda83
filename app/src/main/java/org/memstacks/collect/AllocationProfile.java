package org.memstacks.collect;

import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.memstacks.bpf.Layouts.Stat;
import org.memstacks.target.TargetProcess;

/**
 * What a window brought to light.
 *
 * @param stacks with their values; the stack of a value that has none is given apart
 * @param withoutStack bytes and blocks whose stack could not be stored
 * @param missedReturns allocations that began in the window and whose return was not seen, though
 *     no thread was left that could still be inside one; their bytes are the most it can be, as
 *     those of calls under way are among them
 * @param activity what the target's own counters gained in the window
 * @param forked whether the target is known to have begun children in the window
 * @param replacement what became of it when the process became another program
 * @param youngerBlocks that are left out, see {@link BlockOptions#older}
 * @param peak of which moment the stacks tell; empty for the window's end
 * @param shortage why the table of live blocks could not grow, for people; empty when it could
 * @param ambiguousBytes at most these bear the names of an object that another one had replaced
 * @param mappings what of it are mappings
 */
public record AllocationProfile(
    List<StackValue> stacks,
    Unattributed withoutStack,
    Counters counters,
    Unattributed missedReturns,
    TargetProcess.Activity activity,
    boolean forked,
    Replacement replacement,
    Unattributed youngerBlocks,
    Optional<Peak> peak,
    String shortage,
    long ambiguousBytes,
    MappingAccount mappings) {
  /* A process that only wakes up now and then takes a few faults all the same. */
  private static final long NOISE_FAULTS = 64;

  public AllocationProfile {
    stacks = List.copyOf(stacks);
  }

  /** Values without a stack. */
  public record Unattributed(long bytes, long blocks) {
    public static final Unattributed NONE = new Unattributed(0, 0);

    Unattributed plus(Unattributed other) {
      return new Unattributed(bytes + other.bytes, blocks + other.blocks);
    }
  }

  /**
   * The moment when most was live.
   *
   * @param atMillis since the window's begin
   * @param bytes live then
   * @param highestSeen the most that was live at one of the moments, fifty a second, at which the
   *     counters were read
   */
  public record Peak(long atMillis, long bytes, long highestSeen) {}

  /** The allocator's blocks, also those whose stacks are not known, or that are left out. */
  public long liveBlocks() {
    return stacks.stream().mapToLong(StackValue::blocks).sum()
        + withoutStack.blocks()
        + youngerBlocks.blocks()
        - mappings.mapped().blocks()
        - mappings.younger().blocks();
  }

  /**
   * The process's calls of exec, which leave an address space.
   *
   * @param times how often
   * @param gone live blocks that lay in those address spaces; they are not in the profile
   * @param problem why allocations of a later program are missing, for people; empty when they are
   *     not
   */
  public record Replacement(int times, Unattributed gone, String problem) {
    public static final Replacement NONE = new Replacement(0, new Unattributed(0, 0), "");
  }

  /**
   * Whether nothing was seen of a process that took memory meanwhile: it uses another allocator
   * than the one traced, or its calls do not reach the probes. After a fork, faults are no sign of
   * that: each page written to is copied then.
   */
  public boolean isSuspiciouslyEmpty() {
    return nothingSeen() && (activity.dataPages() > 0 || (hasFaults() && !forked));
  }

  /** Whether nothing was seen of a process that forked, and took the faults which that brings. */
  public boolean isEmptyButForked() {
    return nothingSeen() && activity.dataPages() <= 0 && hasFaults() && forked;
  }

  private boolean nothingSeen() {
    return counters.get(Stat.REQUESTS) == 0
        && counters.get(Stat.FREED_BLOCKS) == 0
        && counters.get(Stat.UNKNOWN_FREES) == 0
        && mappings.calls() == 0;
  }

  private boolean hasFaults() {
    return activity.minorFaults() > NOISE_FAULTS;
  }

  public long totalBytes() {
    return stacks.stream().mapToLong(StackValue::bytes).sum() + withoutStack.bytes();
  }

  /** Bytes in stacks that ended in this way. */
  public long bytesIn(StackEnd end) {
    return stacks.stream()
        .filter(value -> value.stack().end() == end)
        .mapToLong(StackValue::bytes)
        .sum();
  }

  /**
   * Bytes in stacks that do not reach their outermost frame, by reason; empty when there are none.
   */
  public Map<StackEnd, Long> incompleteBytes() {
    Map<StackEnd, Long> bytes = new EnumMap<>(StackEnd.class);
    for (StackValue value : stacks) {
      if (!value.stack().end().isComplete()) {
        bytes.merge(value.stack().end(), value.bytes(), Long::sum);
      }
    }
    return bytes;
  }
}
