package org.memstacks.site;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.IntStream;

/**
 * Chooses where a function is probed: the cheapest instruction that every relevant call executes
 * exactly once, that no other branch leads to, and before which the arguments were not lost. Where
 * any of that is in doubt it is the function's first instruction.
 */
public final class SiteChooser {
  private final InstructionSet machine;
  private final ObjectCode object;
  private final boolean shadowStack;
  private final Map<Long, ControlFlow> flows = new HashMap<>();

  public SiteChooser(InstructionSet machine, ObjectCode object) {
    this(machine, object, List.of(), false);
  }

  /**
   * @param functions all that are hooked in the object: one may jump into another
   * @param shadowStack whether the process uses shadow stacks: the kernel emulates calls without
   *     them
   */
  public SiteChooser(
      InstructionSet machine,
      ObjectCode object,
      List<FunctionCode> functions,
      boolean shadowStack) {
    this.shadowStack = shadowStack;
    this.machine = machine;
    this.object = object;
    functions.forEach(this::flow);
  }

  private ControlFlow flow(FunctionCode function) {
    return flows.computeIfAbsent(
        function.address(), address -> ControlFlow.of(function, object, machine));
  }

  /** The site for a probe in the function, and what the function hands to others. */
  public FunctionProbe choose(FunctionCode function, ProbeRequest request) {
    ControlFlow flow = flow(function);
    ValueFlow values = ValueFlow.of(function, flow, machine);
    return new FunctionProbe(
        site(function, request, Set.of()),
        values.tailJumps(),
        values.repeats(function),
        flow.computedJumps(),
        values.ends(),
        flow.calls(),
        delegates(function, request, flow),
        flow.returns(),
        flow.body(),
        flow.selfContained(),
        flow.complete());
  }

  private Set<String> delegates(FunctionCode function, ProbeRequest request, ControlFlow flow) {
    long begin = EntryPath.begin(function, request, flow, machine);
    return begin == function.address()
        ? Delegation.of(flow, object, begin)
        : object.hookedAt(begin).map(Set::of).orElseGet(() -> Delegation.of(flow, object, begin));
  }

  /**
   * The site alone.
   *
   * @param avoided addresses where it must not be, unless there is no other
   */
  public ProbeSite site(FunctionCode function, ProbeRequest request, Set<Long> avoided) {
    ControlFlow flow = flow(function);
    List<EntryPath.Step> path =
        EntryPath.of(function, request, flow, machine).stream()
            .filter(step -> fits(step, request))
            .filter(step -> !avoided.contains(step.instruction().address()))
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
      return Optional.of("a loop leads back to it");
    }
    if (!function.sized()) {
      return Optional.of("its symbol does not tell where the function ends");
    }
    Set<Long> own = flow.reached();
    return flow.defect()
        .or(() ->
            flows.values().stream()
                .filter(other -> other != flow)
                .filter(other -> ValueFlow.leadsInto(other, function, own))
                .findAny()
                .map(other -> "other code jumps into the function"));
  }

  private boolean fits(EntryPath.Step step, ProbeRequest request) {
    boolean placed =
        IntStream.range(0, request.arguments())
            .allMatch(index ->
                request.argumentsMayMove() ? step.holders()[index] != 0 : holdsItsOwn(step, index));
    return placed
        && cost(step.instruction()) != Cost.REFUSED
        && (request.side() == ProbeRequest.Side.ENTRY_ONLY || step.atEntry());
  }

  private Cost cost(Instruction i) {
    return shadowStack && i.flow() == Flow.CALL ? Cost.REFUSED : i.cost();
  }

  private boolean holdsItsOwn(EntryPath.Step step, int index) {
    return (step.holders()[index] & 1L << machine.argumentRegister(index)) != 0;
  }

  private record Rank(
      Cost cost, boolean call, boolean argumentsMoved, boolean stackMoved, boolean seesNull) {}

  private static final Comparator<Rank> RANKING =
      Comparator.comparing(Rank::cost)
          .thenComparing(Rank::call)
          .thenComparing(Rank::argumentsMoved)
          .thenComparing(Rank::stackMoved)
          .thenComparing(Rank::seesNull);

  private Rank rank(EntryPath.Step step) {
    boolean moved =
        !IntStream.range(0, step.holders().length).allMatch(index -> holdsItsOwn(step, index));
    return new Rank(
        step.instruction().cost(),
        step.instruction().flow() == Flow.CALL,
        moved,
        !step.atEntry(),
        !step.nullSkipped());
  }

  private String reason(EntryPath.Step best, EntryPath.Step first) {
    Instruction chosen = best.instruction();
    if (cost(chosen) == Cost.EMULATED) {
      String where = chosen.equals(first.instruction()) ? "first instruction, " : "";
      String passes =
          best.nullSkipped() ? "every call but those with NULL passes" : "all calls pass";
      return where + "emulated, " + passes;
    }
    if (chosen.equals(first.instruction())) {
      return cost(chosen) == Cost.REFUSED
          ? "first instruction: " + refusal(chosen) + ", and no other will do"
          : "first instruction, single-stepped: none emulated before the arguments or the stack"
              + " pointer change or the ways part";
    }
    return "single-stepped: the first instruction cannot be probed";
  }

  private static String refusal(Instruction i) {
    return i.flow() == Flow.CALL
        ? "it is a call, which no probe may sit on while the process uses shadow stacks"
        : "no probe may sit there";
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
        cost(i),
        step.nullSkipped(),
        step.atEntry(),
        registers,
        exact,
        reason);
  }
}
