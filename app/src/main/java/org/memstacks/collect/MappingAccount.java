package org.memstacks.collect;

import java.util.List;
import org.memstacks.collect.AllocationProfile.Unattributed;

/**
 * What of a profile are mappings that the process made by itself, and what of them is missing.
 *
 * @param mapped pieces that are still mapped, among the profile's stacks
 * @param younger pieces left out as too young, among the profile's younger blocks
 * @param allocatorBytes still mapped by the allocator for its own blocks, not in the profile
 * @param unclearBytes likewise most likely: their stacks break off where it may be the allocator
 * @param calls of the mmap family seen
 * @param lostCalls whose return could not be seen
 * @param lostEvents mappings and unmappings that were lost: the account is wrong
 * @param refused mappings that found no room in the account
 * @param unexplained mapped in the window by no call that was seen
 * @param problems functions whose calls are not seen, and why
 */
public record MappingAccount(
    Unattributed mapped,
    Unattributed younger,
    long allocatorBytes,
    long unclearBytes,
    long calls,
    long lostCalls,
    long lostEvents,
    Unattributed refused,
    Unattributed unexplained,
    List<String> problems) {
  /** When mappings are not followed. */
  public static final MappingAccount NONE =
      new MappingAccount(
          Unattributed.NONE,
          Unattributed.NONE,
          0,
          0,
          0,
          0,
          0,
          Unattributed.NONE,
          Unattributed.NONE,
          List.of());

  public MappingAccount {
    problems = List.copyOf(problems);
  }
}
