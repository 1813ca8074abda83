package org.memstacks.fault;

import java.util.Optional;
import org.memstacks.collect.RawStack;

/**
 * Pages that one stack brought to one place.
 *
 * @param cause why there is a stack or none
 * @param stack of the fault or call; present with {@link Cause#STACK} only
 * @param pages more than 0
 */
public record PageGrowth(
    Cause cause, Optional<RawStack> stack, Place place, State state, long pages) {
  /** What is known of where pages came from. */
  public enum Cause {
    STACK,
    /** A fault was seen, but its stack could not be stored. */
    STACK_NOT_STORED,
    /** A thread of the kernel took the fault on the process's behalf, an io_uring's worker. */
    WORKER,
    /** A page that the kernel put there for the probes. */
    PROBES,
    /** The page came without a fault, and without a call that was followed. */
    NO_FAULT,
    /**
     * The same, or its record was lost, or it went and that was lost: where that happened, which of
     * them it is is not known.
     */
    NOT_RECORDED
  }

  /** Where pages are. */
  public enum State {
    /** In memory, counted in the process's resident set. */
    RESIDENT,
    /** Huge pages of hugetlbfs, which the resident set does not count. */
    HUGETLB,
    /** They were in memory, and are in swap now. */
    SWAPPED
  }
}
