package org.memstacks.site;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * All ways through a function: its own code and what it jumps to outside of its symbol (outlined
 * parts, internal functions entered by a jump), as far as direct branches lead. Calls are stepped
 * over.
 */
final class ControlFlow {
  /** Bounds the work on a function that jumps on and on through a large object. */
  private static final int MAX_INSTRUCTIONS = 50_000;

  /** Bounds the ways one instruction is followed in: real functions need one or two. */
  private static final int MAX_STATES = 8;

  /** Symbols of functions that do not return, and after which nothing of the process runs on. */
  private static final Set<String> ENDS =
      Set.of("abort", "_exit", "__stack_chk_fail", "__assert_fail");

  private final FunctionCode function;
  private final ObjectCode object;
  private final InstructionSet machine;

  private final Map<Long, Instruction> instructions = new HashMap<>();
  private final Map<Long, Set<StackState>> states = new HashMap<>();
  private final Map<Long, Set<Long>> predecessors = new HashMap<>();
  private final Map<Long, Set<Long>> successors = new HashMap<>();
  private final Map<Long, String> tailJumps = new TreeMap<>();
  private final Map<Long, String> unreachedJumps = new TreeMap<>();
  private final SortedSet<Long> departures = new TreeSet<>();
  private final SortedSet<Long> computedJumps = new TreeSet<>();
  private final Set<String> calls = new TreeSet<>();
  private final Deque<Visit> work = new ArrayDeque<>();

  /** An instruction yet to be followed in one of the states it can be reached in. */
  private record Visit(long address, StackState state) {}

  private Optional<String> bodyDefect = Optional.empty();
  private Optional<String> outsideDefect = Optional.empty();
  private boolean complete = true;
  private boolean leftObject;
  private boolean callsOut;
  private final SortedSet<Long> returns = new TreeSet<>();

  private final NoReturn noReturn = new NoReturn(this::at, this::leads);

  private ControlFlow(FunctionCode function, ObjectCode object, InstructionSet machine) {
    this.function = function;
    this.object = object;
    this.machine = machine;
  }

  static ControlFlow of(FunctionCode function, ObjectCode object, InstructionSet machine) {
    ControlFlow flow = new ControlFlow(function, object, machine);
    flow.reach(function.address(), StackState.ENTRY);
    while (!flow.work.isEmpty() && flow.instructions.size() < MAX_INSTRUCTIONS) {
      flow.visit(flow.work.removeFirst());
    }
    flow.complete &= flow.work.isEmpty();
    flow.sweep();
    return flow;
  }

  /** The instruction at an address that execution can reach. */
  Instruction at(long address) {
    return instructions.computeIfAbsent(address, this::decode);
  }

  /** The addresses of the instructions that execution can come from. */
  Set<Long> predecessors(long address) {
    return predecessors.getOrDefault(address, Set.of());
  }

  /** The addresses that execution goes on at, calls that do not return and the like apart. */
  Set<Long> successors(long address) {
    return successors.getOrDefault(address, Set.of());
  }

  /** The instructions that execution can reach. */
  Set<Long> reached() {
    return states.keySet();
  }

  /**
   * Jumps with the stack pointer at entry, by their address, to the hooked function's name; among
   * them instructions behind which the other function begins.
   */
  Map<Long, String> tailJumps() {
    return tailJumps;
  }

  /** The same in code to which no path was found, where such paths may exist. */
  Map<Long, String> unreachedJumps() {
    return complete() ? Map.of() : unreachedJumps;
  }

  /** Jumps to code that is neither hooked nor known to belong to this function alone. */
  Set<Long> departures() {
    return departures;
  }

  /** Jumps with the stack pointer at entry that lead wherever some word or register says. */
  List<FunctionProbe.ComputedJump> computedJumps() {
    List<FunctionProbe.ComputedJump> jumps = new ArrayList<>();
    for (long address : computedJumps) {
      Instruction jump = at(address);
      byte[] code = object.reader().read(address, machine.maxLength());
      machine
          .computedTarget(code, 0, address)
          .filter(target -> jump.cost() != Cost.REFUSED)
          .ifPresent(target -> jumps.add(new FunctionProbe.ComputedJump(address, target)));
    }
    return jumps;
  }

  /** The instructions by which it returns. */
  Set<Long> returnInstructions() {
    return returns;
  }

  /** The name of what a call leads to, if it has one. */
  Optional<String> callee(Instruction call) {
    return leads(call);
  }

  /** The function's code: its symbol's, and what it jumps to besides. */
  List<FunctionProbe.CodeRange> body() {
    TreeMap<Long, Long> ranges = new TreeMap<>();
    if (function.sized()) {
      ranges.put(function.address(), function.address() + function.code().length);
    }
    states.keySet().forEach(address -> ranges.merge(address, at(address).next(), Math::max));
    List<FunctionProbe.CodeRange> merged = new ArrayList<>();
    long start = 0;
    long end = 0;
    for (Map.Entry<Long, Long> range : ranges.entrySet()) {
      if (range.getKey() > end) {
        if (end > start) {
          merged.add(new FunctionProbe.CodeRange(start, end));
        }
        start = range.getKey();
        end = start;
      }
      end = Math.max(end, range.getValue());
    }
    merged.add(new FunctionProbe.CodeRange(start, end));
    return merged;
  }

  Set<String> calls() {
    return calls;
  }

  /** Where it returns to its caller, whatever was jumped to on the way. */
  FunctionProbe.Returns returns() {
    return new FunctionProbe.Returns(List.copyOf(returns), complete() && !leftObject);
  }

  /** Whether a call comes back, as far as is known. */
  boolean returns(Instruction call) {
    return !noReturn.isCalledBy(call);
  }

  /**
   * Whether it calls nothing but hooked functions, and jumps to nothing else that is not its own.
   */
  boolean selfContained() {
    return !callsOut && !leftObject;
  }

  boolean complete() {
    return complete && bodyDefect.isEmpty();
  }

  /** Why branches into the function's own code may have gone unseen, if they may. */
  Optional<String> defect() {
    return bodyDefect.or(() -> outsideDefect);
  }

  private Instruction decode(long address) {
    if (function.contains(address)) {
      int offset = (int) (address - function.address());
      Instruction inside = machine.decode(function.code(), offset, address);
      if (inside.known()) {
        return inside;
      }
    }
    return machine.decode(object.reader().read(address, machine.maxLength()), 0, address);
  }

  private void visit(Visit visit) {
    Instruction i = at(visit.address());
    StackState before = visit.state();
    StackState after = before.after(i, machine);
    switch (i.flow()) {
      case NEXT -> runOn(i, after);
      case JUMP -> jump(i, before);
      case CALL, CALL_THROUGH_SLOT, INDIRECT_CALL -> call(i, after);
      case JUMP_THROUGH_SLOT -> leave(i, leads(i), before);
      case RETURN -> returns.add(i.address());
      case INDIRECT_JUMP -> {
        noteComputed(i, before);
        defect(i.address(), "jump to a computed address at %s");
      }
      case UNKNOWN -> defect(i.address(), "bytes at %s not understood");
      case TRAP -> {}
      default -> {
        runOn(i, after);
        jump(i, before);
      }
    }
  }

  private void noteComputed(Instruction jump, StackState state) {
    if (state.atEntry()) {
      computedJumps.add(jump.address());
    }
  }

  private void runOn(Instruction i, StackState after) {
    Optional<String> next = i.next() == function.address() ? Optional.empty() : hookedNext(i);
    if (next.isPresent() && after.atEntry()) {
      tailJumps.put(i.address(), next.get());
    } else {
      step(i, i.next(), after);
    }
  }

  private Optional<String> hookedNext(Instruction i) {
    return object.hookedAt(i.next());
  }

  private void defect(long address, String what) {
    complete = false;
    if (function.contains(address) && bodyDefect.isEmpty()) {
      bodyDefect =
          Optional.of(what.formatted("+0x" + Long.toHexString(address - function.address())));
    } else if (!function.contains(address) && outsideDefect.isEmpty()) {
      String where = "0x" + Long.toHexString(address) + ", which it jumps to,";
      outsideDefect = Optional.of(what.formatted(where));
    }
  }

  private void jump(Instruction from, StackState state) {
    Optional<String> name = leads(from);
    if (name.isPresent()) {
      leave(from, name, state);
    } else {
      step(from, from.target(), state);
    }
  }

  /** A jump to another function, known or not. */
  private void leave(Instruction jump, Optional<String> name, StackState state) {
    if (name.filter(object::isHooked).isPresent() && state.atEntry()) {
      tailJumps.put(jump.address(), name.get());
    } else {
      departures.add(jump.address());
      callsOut = true;
      if (name.isEmpty()) {
        noteComputed(jump, state);
      }
      OptionalLong own = name.map(object::definition).orElse(OptionalLong.empty());
      if (own.isPresent()) {
        step(jump, own.getAsLong(), state);
      } else {
        leftObject = true;
      }
    }
  }

  private void call(Instruction from, StackState state) {
    Optional<String> callee = leads(from);
    callee.filter(object::isHooked).ifPresent(calls::add);
    callsOut |= callee.filter(name -> object.isHooked(name) || ENDS.contains(name)).isEmpty();
    boolean leaves = function.contains(from.address()) && !function.contains(from.next());
    if (returns(from) && !leaves) {
      step(from, from.next(), state);
    }
  }

  /**
   * The name of what a jump or call leads to, if it is another hooked function or a symbol of the
   * dynamic linker's, directly or by way of a stub of the procedure linkage table.
   */
  private Optional<String> leads(Instruction i) {
    if (i.flow() == Flow.JUMP_THROUGH_SLOT || i.flow() == Flow.CALL_THROUGH_SLOT) {
      return symbolIn(i.target());
    }
    if (i.target() == 0 || function.contains(i.target())) {
      return i.flow() == Flow.CALL && i.target() == function.address()
          ? object.hookedAt(i.target())
          : Optional.empty();
    }
    return object.hookedAt(i.target()).or(() -> stub(i.target()));
  }

  private Optional<String> stub(long address) {
    Instruction first = at(address);
    boolean landing = first.flow() == Flow.NEXT && first.writes() == 0; // endbr64
    Instruction jump = landing ? at(first.next()) : first;
    return jump.flow() == Flow.JUMP_THROUGH_SLOT ? symbolIn(jump.target()) : Optional.empty();
  }

  private Optional<String> symbolIn(long slot) {
    return object.symbolIn(slot).map(name -> object.hookedAs(name).orElse(name));
  }

  private void step(Instruction from, long to, StackState state) {
    boolean runsInto = to == from.next() && to != function.address();
    if (runsInto && object.hookedAt(to).isPresent()) {
      return; // Behind a call that does not return, another function begins.
    }
    predecessors.computeIfAbsent(to, a -> new HashSet<>()).add(from.address());
    successors.computeIfAbsent(from.address(), a -> new HashSet<>()).add(to);
    reach(to, state);
  }

  private void reach(long address, StackState state) {
    Set<StackState> known = states.computeIfAbsent(address, a -> new HashSet<>());
    if (known.size() == MAX_STATES) {
      complete = false;
    } else if (known.add(state)) {
      work.addLast(new Visit(address, state));
    }
  }

  /**
   * Finds branches in code of the function that no direct branch reaches: landing pads of
   * exceptions, cases of a table.
   */
  private void sweep() {
    if (!function.sized()) {
      return;
    }
    long end = function.address() + function.code().length;
    long address = function.address();
    while (address < end) {
      if (instructions.size() >= MAX_INSTRUCTIONS) {
        defect(address, "longer than this program reads, which is up to %s");
        return;
      }
      Instruction i = at(address);
      if (!i.known()) {
        defect(address, "bytes at %s not understood");
        return;
      }
      if (i.flow() == Flow.INDIRECT_JUMP) {
        defect(address, "jump to a computed address at %s");
      }
      if (i.flow() == Flow.JUMP || i.flow().branches()) {
        if (!states.containsKey(address)) {
          long from = address;
          leads(i).filter(object::isHooked).ifPresent(name -> unreachedJumps.put(from, name));
        }
        predecessors.computeIfAbsent(i.target(), a -> new HashSet<>()).add(address);
      }
      address = i.next();
    }
  }
}
