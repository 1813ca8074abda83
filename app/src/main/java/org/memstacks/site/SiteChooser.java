package org.memstacks.site;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;

/**
 * Chooses where a function is probed: the cheapest instruction that every relevant call executes
 * exactly once, that no other branch leads to, and before which the arguments were not lost. Where
 * any of that is in doubt it is the function's first instruction.
 */
public final class SiteChooser {
  private final InstructionSet machine;
  private final ObjectCode object;

  public SiteChooser(InstructionSet machine, ObjectCode object) {
    this.machine = machine;
    this.object = object;
  }

  /** The site for a probe in the function, and what the function hands to others. */
  public FunctionProbe choose(FunctionCode function, ProbeRequest request) {
    ControlFlow flow = ControlFlow.of(function, object, machine);
    List<FunctionProbe.TailJump> tailJumps =
        flow.tailJumps().entrySet().stream()
            .map(jump -> new FunctionProbe.TailJump(jump.getKey(), jump.getValue()))
            .toList();
    return new FunctionProbe(
        site(function, request, flow),
        tailJumps,
        flow.forwardsOnly(),
        flow.calls(),
        flow.delegates(),
        flow.returns(),
        flow.complete());
  }

  private ProbeSite site(FunctionCode function, ProbeRequest request, ControlFlow flow) {
    List<EntryPath.Step> path =
        EntryPath.of(function, request, flow, machine).stream()
            .filter(step -> fits(step, request))
            .toList();
    EntryPath.Step first = EntryPath.start(function, request, flow, machine);
    Optional<String> doubt = doubt(function, flow);
    if (doubt.isPresent()) {
      return describe(function, first, false, "first instruction: " + doubt.get());
    }
    EntryPath.Step best =
        path.stream().min(Comparator.comparing(this::rank, RANKING)).orElse(first);
    return describe(function, best, true, reason(best, first));
  }

  /** What speaks against any site but the first instruction. */
  private Optional<String> doubt(FunctionCode function, ControlFlow flow) {
    if (!flow.predecessors(function.address()).isEmpty()) {
      return Optional.of("a loop leads back to it, calls may count more than once");
    }
    return flow.bodyDefect();
  }

  private boolean fits(EntryPath.Step step, ProbeRequest request) {
    boolean placed =
        IntStream.range(0, request.arguments())
            .allMatch(index ->
                request.argumentsMayMove() ? step.holders()[index] != 0 : holdsItsOwn(step, index));
    return placed
        && step.instruction().cost() != Cost.REFUSED
        && (request.side() == ProbeRequest.Side.ENTRY_ONLY || step.atEntry());
  }

  private boolean holdsItsOwn(EntryPath.Step step, int index) {
    return (step.holders()[index] & 1L << machine.argumentRegister(index)) != 0;
  }

  private record Rank(Cost cost, boolean argumentsMoved, boolean stackMoved, boolean seesNull) {}

  private static final Comparator<Rank> RANKING =
      Comparator.comparing(Rank::cost)
          .thenComparing(Rank::argumentsMoved)
          .thenComparing(Rank::stackMoved)
          .thenComparing(Rank::seesNull);

  private Rank rank(EntryPath.Step step) {
    boolean moved =
        !IntStream.range(0, step.holders().length).allMatch(index -> holdsItsOwn(step, index));
    return new Rank(step.instruction().cost(), moved, !step.atEntry(), !step.nullSkipped());
  }

  private String reason(EntryPath.Step best, EntryPath.Step first) {
    Instruction chosen = best.instruction();
    if (chosen.cost() == Cost.EMULATED) {
      String where = chosen.equals(first.instruction()) ? "first instruction, " : "";
      String passes =
          best.nullSkipped() ? "every call but those with NULL passes" : "all calls pass";
      return where + "emulated, " + passes;
    }
    if (chosen.equals(first.instruction())) {
      return chosen.cost() == Cost.REFUSED
          ? "first instruction: the kernel refuses it, and no other will do"
          : "first instruction, single-stepped: none emulated before the arguments or the stack"
              + " pointer change or the ways part";
    }
    return "single-stepped: the first instruction cannot be probed";
  }

  private ProbeSite describe(
      FunctionCode function, EntryPath.Step step, boolean exact, String reason) {
    List<Integer> registers = new ArrayList<>();
    for (int index = 0; index < step.holders().length; index++) {
      registers.add(
          holdsItsOwn(step, index)
              ? machine.argumentRegister(index)
              : Long.numberOfTrailingZeros(step.holders()[index]));
    }
    Instruction i = step.instruction();
    int offset = (int) (i.address() - function.address());
    return new ProbeSite(
        offset,
        machine.text(function.code(), offset, i.address()),
        i.cost(),
        step.nullSkipped(),
        step.atEntry(),
        registers,
        exact,
        reason);
  }
}
