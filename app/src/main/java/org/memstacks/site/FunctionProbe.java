package org.memstacks.site;

import java.util.List;
import java.util.OptionalInt;
import java.util.Set;

/**
 * A function's probe site, and how it hands its work to other hooked functions.
 *
 * @param site where the probe goes
 * @param tailJumps jumps to other hooked functions: the jump's target sees the same call once more
 * @param repeats jumps back to the function's own first instruction, likewise
 * @param computedJumps jumps in place of a return to wherever a word or register says, which may be
 *     another hooked function
 * @param ends the other ways by which it ends
 * @param calls names of the hooked functions it calls: those calls nest in its own
 * @param delegates names of the hooked functions one of which every path that returns calls, or
 *     jumps to, first: what is allocated here is allocated there; empty when there are other paths.
 *     Calls with NULL that the request lets go unseen do not count
 * @param returns the instructions by which it returns, its own and those of code it jumps to
 * @param body its code: the symbol's, and what it jumps to besides; ascending, disjoint
 * @param selfContained whether it calls and jumps to nothing but hooked functions and code of its
 *     own, as far as {@code complete} goes
 * @param complete whether all code that can be reached was understood; if not, the facts above hold
 *     but there may be more jumps, ends and calls
 */
public record FunctionProbe(
    ProbeSite site,
    List<TailJump> tailJumps,
    List<TailJump> repeats,
    List<ComputedJump> computedJumps,
    List<End> ends,
    Set<String> calls,
    Set<String> delegates,
    Returns returns,
    List<CodeRange> body,
    boolean selfContained,
    boolean complete) {

  public FunctionProbe {
    tailJumps = List.copyOf(tailJumps);
    repeats = List.copyOf(repeats);
    computedJumps = List.copyOf(computedJumps);
    ends = List.copyOf(ends);
    calls = Set.copyOf(calls);
    delegates = Set.copyOf(delegates);
    body = List.copyOf(body);
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
   * A jump to another hooked function in place of a return. In its stead the function's code may
   * just run on into the other's.
   *
   * @param address ELF virtual address of the jump, in the function or in code it jumps to
   * @param target the other function's name
   * @param condition when the jump is made, by the machine's number; empty: always
   * @param probeable whether a probe there can tell that the jump is made
   * @param arguments the other function's first arguments
   * @param facts what holds whenever it is made
   */
  public record TailJump(
      long address,
      String target,
      OptionalInt condition,
      boolean probeable,
      List<Value> arguments,
      Facts facts) {
    public TailJump {
      arguments = List.copyOf(arguments);
    }
  }

  /**
   * A jump whose target is computed at run time.
   *
   * @param address ELF virtual address of the jump
   */
  public record ComputedJump(long address, ComputedTarget target) {}

  /**
   * An end that is no jump to a hooked function.
   *
   * @param result what it returns
   * @param quiet whether up to there nothing was called and nothing written, but errno
   */
  public record End(long address, Value result, boolean quiet, Facts facts) {}

  /**
   * What holds on every path to some place.
   *
   * @param arguments of the function itself
   * @param loaded of the word read from memory that was compared last; {@link Bounds#ANY} if none
   */
  public record Facts(List<Bounds> arguments, Bounds loaded) {
    static final Facts NONE =
        new Facts(
            java.util.Collections.nCopies(ProbeRequest.MAX_ARGUMENTS, Bounds.ANY), Bounds.ANY);

    public Facts {
      arguments = List.copyOf(arguments);
    }
  }

  /** ELF virtual addresses; the end is exclusive. */
  public record CodeRange(long start, long end) {}
}
