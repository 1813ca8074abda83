package org.memstacks.site;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.TreeMap;
import org.memstacks.site.FunctionProbe.End;
import org.memstacks.site.FunctionProbe.Facts;
import org.memstacks.site.FunctionProbe.TailJump;

/**
 * Which values a function has at hand where it ends: what of its arguments reaches the functions it
 * jumps to, what it returns, and under which conditions. Where paths meet, only what holds on each
 * of them is kept.
 */
final class ValueFlow {
  /** Bounds the work; real functions need a few visits of each instruction. */
  private static final int MAX_VISITS = 200_000;

  private static final int JUMP_ALIGNMENT = 16;

  private static final String ERRNO = "__errno_location";

  private final ControlFlow flow;
  private final InstructionSet machine;
  private final Map<Long, ValueState> before = new HashMap<>();
  private final boolean known;

  private ValueFlow(FunctionCode function, ControlFlow flow, InstructionSet machine) {
    this.flow = flow;
    this.machine = machine;
    this.known = follow(function.address());
  }

  static ValueFlow of(FunctionCode function, ControlFlow flow, InstructionSet machine) {
    return new ValueFlow(function, flow, machine);
  }

  /** False when there are too many paths: then nothing is known. */
  private boolean follow(long entry) {
    Deque<Long> work = new ArrayDeque<>(List.of(entry));
    before.put(entry, ValueState.entry(machine));
    for (int visits = 0; !work.isEmpty(); visits++) {
      if (visits == MAX_VISITS) {
        return false;
      }
      Instruction i = flow.at(work.removeFirst());
      ValueState state = before.get(i.address());
      if (i.flow().calls() && isBeforeBarrier(i)) {
        continue;
      }
      for (long to : flow.successors(i.address())) {
        ValueState now = along(i, state, to);
        ValueState old = before.get(to);
        ValueState joined = old == null ? now : old.or(now);
        if (!joined.equals(old)) {
          before.put(to, joined);
          work.addLast(to);
        }
      }
    }
    return true;
  }

  /**
   * Whether a call does not return, as its compiler knew: behind it there is padding up to code
   * that branches before it lead to. Compilers align such code only where none runs into it; the
   * begin of a loop, which they align as well, has branches behind it.
   */
  private boolean isBeforeBarrier(Instruction call) {
    long at = call.next();
    long last = call.address();
    for (Instruction i = flow.at(at); isPadding(i); i = flow.at(at)) {
      last = at;
      at = i.next();
    }
    long padding = last;
    Set<Long> branches = new HashSet<>(flow.predecessors(at));
    branches.remove(padding);
    return at != call.next()
        && at % JUMP_ALIGNMENT == 0
        && !branches.isEmpty()
        && branches.stream().allMatch(from -> from < call.address());
  }

  private static boolean isPadding(Instruction i) {
    return i.flow() == Flow.NEXT
        && i.writes() == 0
        && i.effect() == Effect.NOTHING
        && i.memory() == MemoryAccess.NONE
        && i.length() < JUMP_ALIGNMENT;
  }

  private ValueState along(Instruction i, ValueState state, long to) {
    ValueState after = state.after(i, machine);
    if (i.flow().calls()) {
      Optional<String> callee = flow.callee(i);
      return after.called(callee.filter(ERRNO::equals).isPresent(), machine);
    }
    return i.flow().branches() && i.target() != i.next()
        ? after.branched(i.flow(), to == i.target())
        : after;
  }

  /** Jumps to other hooked functions. */
  List<TailJump> tailJumps() {
    Map<Long, String> all = new TreeMap<>(flow.unreachedJumps());
    all.putAll(flow.tailJumps());
    List<TailJump> jumps = new ArrayList<>();
    all.forEach((address, target) -> jumps.add(jump(flow.at(address), target)));
    return jumps;
  }

  /** Jumps, and code that runs on, to the function's own first instruction. */
  List<TailJump> repeats(FunctionCode function) {
    return flow.predecessors(function.address()).stream()
        .sorted()
        .map(address -> repeat(flow.at(address), function.name()))
        .toList();
  }

  private static TailJump repeat(Instruction i, String name) {
    boolean runsOn = i.flow() == Flow.NEXT;
    return new TailJump(
        i.address(), name, condition(i, runsOn), probeable(i, runsOn), unknown(), Facts.NONE);
  }

  private TailJump jump(Instruction i, String target) {
    boolean runsOn =
        i.flow() == Flow.NEXT
            || i.flow().branches() && flow.successors(i.address()).contains(i.target());
    ValueState state = known ? before.get(i.address()) : null;
    if (state == null) {
      return new TailJump(
          i.address(), target, condition(i, runsOn), probeable(i, runsOn), unknown(), Facts.NONE);
    }
    ValueState there = along(i, state, runsOn ? i.next() : i.target());
    return new TailJump(
        i.address(),
        target,
        condition(i, runsOn),
        probeable(i, runsOn),
        there.arguments(machine),
        there.facts());
  }

  /** Under which condition it goes on there: a branch that runs on does so when it is not taken. */
  private static OptionalInt condition(Instruction i, boolean runsOn) {
    if (!i.flow().branches() || i.condition() < 0) {
      return OptionalInt.empty();
    }
    return OptionalInt.of(runsOn ? i.condition() ^ 1 : i.condition());
  }

  private static boolean probeable(Instruction i, boolean runsOn) {
    if (i.cost() == Cost.REFUSED) {
      return false;
    }
    return switch (i.flow()) {
      case JUMP, JUMP_THROUGH_SLOT -> true;
      case NEXT ->
          runsOn
              && !(i.effect() instanceof Effect.Derived(int to, int from, long plus)
                  && to == from
                  && plus != 0);
      default -> i.flow().branches() && i.condition() >= 0;
    };
  }

  private static List<Value> unknown() {
    return java.util.Collections.nCopies(ProbeRequest.MAX_ARGUMENTS, Value.UNKNOWN);
  }

  /** The ends that are no jumps to hooked functions. */
  List<End> ends() {
    List<End> ends = new ArrayList<>();
    flow.returnInstructions().forEach(address -> ends.add(end(address)));
    flow.departures()
        .forEach(address -> ends.add(new End(address, Value.UNKNOWN, false, end(address).facts())));
    return ends;
  }

  private End end(long address) {
    ValueState state = known ? before.get(address) : null;
    return state == null
        ? new End(address, Value.UNKNOWN, false, Facts.NONE)
        : new End(address, state.result(machine), state.quiet(), state.facts());
  }

  /** Addresses outside of the function's own code to which others lead it. */
  static boolean leadsInto(ControlFlow other, FunctionCode function, Set<Long> own) {
    for (long from : other.reached()) {
      if (own.contains(from)) {
        continue;
      }
      for (long to : other.successors(from)) {
        if (to != function.address() && function.contains(to)) {
          return true;
        }
      }
    }
    return false;
  }
}
