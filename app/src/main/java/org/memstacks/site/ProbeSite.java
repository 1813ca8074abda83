package org.memstacks.site;

import java.util.List;

/**
 * The place for a probe.
 *
 * @param offset bytes from the function's start
 * @param instruction the instruction there, for people
 * @param cost what a hit costs
 * @param skipsNull whether calls whose first argument is NULL do not come by
 * @param spAtEntry whether the stack pointer (and on arm64 the link register) is as it was at entry
 * @param argumentRegisters the machine's numbers of the registers that hold the arguments there, in
 *     order: with {@link ProbeRequest#argumentsMayMove()} not always the calling convention's
 * @param exact whether it is known to be executed once and once only per call (NULL aside); if not,
 *     the site is the function's first instruction, and {@code reason} tells what is not known
 * @param reason why this site, in a few words for people
 */
public record ProbeSite(
    long offset,
    String instruction,
    Cost cost,
    boolean skipsNull,
    boolean spAtEntry,
    List<Integer> argumentRegisters,
    boolean exact,
    String reason) {
  public ProbeSite {
    argumentRegisters = List.copyOf(argumentRegisters);
  }
}
