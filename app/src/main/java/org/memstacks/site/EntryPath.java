package org.memstacks.site;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;

/**
 * The instructions every call executes exactly once, from the function's first on: up to the first
 * branch (or past one that turns away NULL, where that is allowed), call, or place that other code
 * jumps to.
 */
final class EntryPath {
  /** Longer than any prologue; bounds the search. */
  private static final int MAX_STEPS = 64;

  /**
   * An instruction on the path, with what holds before it executes.
   *
   * @param holders for each argument the registers that hold its entry value, one bit each
   * @param atEntry whether a probe with a return side could sit here
   * @param nullSkipped whether calls with NULL have left the path
   */
  record Step(Instruction instruction, long[] holders, boolean atEntry, boolean nullSkipped) {}

  private final FunctionCode function;
  private final ControlFlow flow;
  private final InstructionSet machine;
  private final boolean nullSkippable;
  private final List<Step> steps = new ArrayList<>();

  private long[] holders;
  private boolean atEntry = true;
  private boolean nullSkipped;
  private boolean firstTested;
  private long beyondNull;

  private EntryPath(
      FunctionCode function, ProbeRequest request, ControlFlow flow, InstructionSet machine) {
    this.function = function;
    this.flow = flow;
    this.machine = machine;
    this.nullSkippable = request.nullSkippable();
    this.holders = new long[request.arguments()];
    Arrays.setAll(holders, index -> 1L << machine.argumentRegister(index));
  }

  static List<Step> of(
      FunctionCode function, ProbeRequest request, ControlFlow flow, InstructionSet machine) {
    EntryPath path = new EntryPath(function, request, flow, machine);
    path.follow();
    return path.steps;
  }

  /**
   * Where the calls go on that matter: the function's begin, or behind a branch that turns away
   * NULL, which may be in other code.
   */
  static long begin(
      FunctionCode function, ProbeRequest request, ControlFlow flow, InstructionSet machine) {
    EntryPath path = new EntryPath(function, request, flow, machine);
    path.follow();
    return path.nullSkipped ? path.beyondNull : function.address();
  }

  /** The first instruction, whether or not it is known. */
  static Step start(
      FunctionCode function, ProbeRequest request, ControlFlow flow, InstructionSet machine) {
    long[] holders = new EntryPath(function, request, flow, machine).holders;
    return new Step(flow.at(function.address()), holders, true, false);
  }

  private void follow() {
    long address = function.address();
    long from = -1;
    while (steps.size() < MAX_STEPS && function.contains(address)) {
      Set<Long> ways = flow.predecessors(address);
      boolean alone = steps.isEmpty() ? ways.isEmpty() : ways.equals(Set.of(from));
      Instruction i = flow.at(address);
      if (!alone || !i.known()) {
        return;
      }
      steps.add(new Step(i, holders, atEntry, nullSkipped));
      from = address;
      long next = next(i);
      if (next == 0) {
        return;
      }
      execute(i);
      address = next;
    }
  }

  /** Where every relevant call goes on, or 0 if ways part or the path leaves. */
  private long next(Instruction i) {
    return switch (i.flow()) {
      case NEXT -> i.next();
      case JUMP -> i.target();
      case BRANCH_IF_ZERO -> turnsNullAway(i) ? notNull(i.next()) : 0;
      case BRANCH_IF_NOT_ZERO -> turnsNullAway(i) ? notNull(i.target()) : 0;
      default -> 0;
    };
  }

  private boolean turnsNullAway(Instruction branch) {
    return nullSkippable && (firstTested || testsFirst(branch));
  }

  private long notNull(long next) {
    beyondNull = nullSkipped ? beyondNull : next;
    nullSkipped = true;
    return next;
  }

  private boolean testsFirst(Instruction i) {
    return i.effect() instanceof Effect.TestedForZero(int register)
        && holders.length > 0
        && (holders[0] & 1L << register) != 0;
  }

  private void execute(Instruction i) {
    boolean tests = testsFirst(i) && !i.flow().branches();
    firstTested = tests || firstTested && (i.writes() & Instruction.FLAGS) == 0;
    atEntry &= (i.writes() & machine.returnState()) == 0;
    long[] after = holders.clone();
    for (int index = 0; index < after.length; index++) {
      after[index] &= ~i.writes();
      if (i.effect() instanceof Effect.Derived(int to, int from, long plus)
          && plus == 0
          && (holders[index] & 1L << from) != 0) {
        after[index] |= 1L << to;
      }
    }
    holders = after;
  }
}
