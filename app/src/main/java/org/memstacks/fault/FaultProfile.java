package org.memstacks.fault;

import java.util.Collections;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import org.memstacks.bpf.Layouts.FaultStat;
import org.memstacks.collect.StackEnd;

/**
 * What a window brought to light.
 *
 * @param growth pages that are there at the end and were not at the begin
 * @param gonePages resident at the begin and not at the end
 * @param residentChange by how many pages the resident set changed until the last look, by the page
 *     tables
 * @param kernelCount of the same change
 * @param basis how what stayed was told from what went
 * @param since what happened after the last look, if that was not at the end
 * @param framesSeen whether the kernel told which pages were allocated in one piece
 * @param counters of the kernel programs
 * @param lostMoves moves of mappings that could not be followed
 */
public record FaultProfile(
    List<PageGrowth> growth,
    long gonePages,
    long residentChange,
    KernelCount kernelCount,
    Basis basis,
    SinceLook since,
    boolean framesSeen,
    Map<FaultStat, Long> counters,
    long lostMoves) {
  public FaultProfile {
    growth = List.copyOf(growth);
    counters = Collections.unmodifiableMap(new EnumMap<>(counters));
  }

  /** How pages that stayed are told from those that went. */
  public enum Basis {
    /** By the kernel's page tables at begin and end: exact. */
    SNAPSHOTS,
    /** The process ended; by its page tables some time before, and what was seen of pages since. */
    BEFORE_END,
    /** The process ended, or executed another program, before its page tables were read again. */
    RECORDS,
    /** Page tables may not be read: by /proc/PID/maps at the end alone. */
    MAPS
  }

  /**
   * What happened to pages between the last look at them and the window's end.
   *
   * @param millis from then to the end
   * @param came pages counted by their records alone, which may have gone unseen
   * @param wentBack pages of the last look that were given back
   * @param lostCalls that gave pages back and could not be followed
   */
  public record SinceLook(long millis, long came, long wentBack, long lostCalls) {
    /** The last look was at the end. */
    public static final SinceLook NONE = new SinceLook(0, 0, 0, 0);
  }

  /** Whether pages that stayed are told from those that went by the kernel's page tables. */
  public boolean isReconciled() {
    return basis == Basis.SNAPSHOTS || basis == Basis.BEFORE_END;
  }

  /** Page faults seen, in user code and in system calls. */
  public long faults() {
    return counters.get(FaultStat.USER) + counters.get(FaultStat.KERNEL);
  }

  /** Pages in this state. */
  public long pages(PageGrowth.State state) {
    return growth.stream().filter(g -> g.state() == state).mapToLong(PageGrowth::pages).sum();
  }

  /** Newly resident pages for which there is this cause. */
  public long pages(PageGrowth.Cause cause) {
    return growth.stream()
        .filter(g -> g.state() == PageGrowth.State.RESIDENT && g.cause() == cause)
        .mapToLong(PageGrowth::pages)
        .sum();
  }

  /** Pages whose stack does not reach its outermost frame, by reason. */
  public Map<StackEnd, Long> incompletePages() {
    Map<StackEnd, Long> pages = new EnumMap<>(StackEnd.class);
    for (PageGrowth part : growth) {
      part.stack()
          .filter(stack -> !stack.end().isComplete())
          .ifPresent(stack -> pages.merge(stack.end(), part.pages(), Long::sum));
    }
    return pages;
  }
}
