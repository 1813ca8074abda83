package org.memstacks.site;

import java.util.List;
import java.util.Set;

/**
 * A function's probe site, and how it hands its work to other hooked functions.
 *
 * @param site where the probe goes
 * @param tailJumps jumps to other hooked functions with the stack pointer at its entry value: the
 *     jump's target sees the same call once more
 * @param forwardsOnly whether every path ends in such a jump or returns zero: a probe here would
 *     only see calls that another sees as well
 * @param calls names of the hooked functions it calls: those calls nest in its own
 * @param delegates whether every path that returns came by a call of another hooked function, or
 *     ends in a jump to one: what is allocated here is allocated there
 * @param returns the instructions by which it returns, its own and those of code it jumps to
 * @param complete whether all code that can be reached was understood; if not, the facts above hold
 *     but there may be more jumps and calls
 */
public record FunctionProbe(
    ProbeSite site,
    List<TailJump> tailJumps,
    boolean forwardsOnly,
    Set<String> calls,
    boolean delegates,
    Returns returns,
    boolean complete) {

  public FunctionProbe {
    tailJumps = List.copyOf(tailJumps);
    calls = Set.copyOf(calls);
  }

  /**
   * The instructions by which a function returns.
   *
   * @param addresses ELF virtual addresses, ascending
   * @param complete whether there are no others
   */
  public record Returns(List<Long> addresses, boolean complete) {
    public Returns {
      addresses = List.copyOf(addresses);
    }
  }

  /**
   * A jump to another hooked function in place of a return.
   *
   * @param address ELF virtual address of the jump, in the function or in code it jumps to
   * @param target the other function's name
   */
  public record TailJump(long address, String target) {}
}
