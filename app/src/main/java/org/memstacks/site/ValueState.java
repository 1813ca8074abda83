package org.memstacks.site;

import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.memstacks.site.FunctionProbe.Facts;

/**
 * What is known before an instruction.
 *
 * @param registers by the machine's number
 * @param stack words of the function's own frame, by their distance from the entry's stack pointer
 * @param bounds of each argument, and of the word read from memory that was compared last
 * @param compared what the condition codes are about
 * @param quiet whether nothing was called and nothing was written but errno and the own frame
 */
record ValueState(
    List<Value> registers,
    Map<Long, Value> stack,
    List<Bounds> bounds,
    Comparison compared,
    boolean quiet) {
  private static final int REGISTERS = 32;
  private static final int LOADED = ProbeRequest.MAX_ARGUMENTS;
  private static final long WORD = 8;
  private static final Comparison NOTHING = new Comparison(Value.UNKNOWN, 0);

  /** The condition codes are those of the value less the constant. */
  record Comparison(Value value, long constant) {}

  static ValueState entry(InstructionSet machine) {
    List<Value> registers = new ArrayList<>(Collections.nCopies(REGISTERS, Value.UNKNOWN));
    for (int index = 0; index < ProbeRequest.MAX_ARGUMENTS; index++) {
      registers.set(machine.argumentRegister(index), new Value.Argument(index));
    }
    registers.set(machine.stackPointer(), new Value.StackAddress(0));
    return new ValueState(
        registers,
        Map.of(),
        Collections.nCopies(ProbeRequest.MAX_ARGUMENTS + 1, Bounds.ANY),
        NOTHING,
        true);
  }

  /** What holds on this path and on another one. */
  ValueState or(ValueState other) {
    Map<Long, Value> words = new HashMap<>(stack);
    words.entrySet().removeIf(word -> !word.getValue().equals(other.stack.get(word.getKey())));
    return new ValueState(
        IntStream.range(0, REGISTERS)
            .mapToObj(r ->
                registers.get(r).equals(other.registers.get(r)) ? registers.get(r) : Value.UNKNOWN)
            .toList(),
        words,
        IntStream.range(0, bounds.size())
            .mapToObj(b -> bounds.get(b).or(other.bounds.get(b)))
            .toList(),
        compared.equals(other.compared) ? compared : NOTHING,
        quiet && other.quiet);
  }

  /** After an instruction that runs on to the next, or back from a call. */
  ValueState after(Instruction i, InstructionSet machine) {
    List<Value> now = new ArrayList<>(registers);
    for (int r = 0; r < REGISTERS; r++) {
      if (i.writes(r)) {
        now.set(r, Value.UNKNOWN);
      }
    }
    Comparison codes = (i.writes() & Instruction.FLAGS) == 0 ? compared : NOTHING;
    switch (i.effect()) {
      case Effect.Derived(int to, int from, long plus) ->
          now.set(to, plus(registers.get(from), plus));
      case Effect.Constant(int to, long value) -> now.set(to, new Value.Constant(value));
      case Effect.Product(int to, int one, int other) ->
          now.set(to, product(registers.get(one), registers.get(other)));
      case Effect.TestedForZero(int register) -> codes = new Comparison(registers.get(register), 0);
      case Effect.Compared(int register, long constant) ->
          codes = new Comparison(registers.get(register), constant);
      case Effect.Nothing() -> {}
    }
    Map<Long, Value> words = new HashMap<>(stack);
    boolean silent = access(i, machine, now, words) && quiet;
    return new ValueState(now, words, bounds, codes, silent);
  }

  /** Follows what goes through the frame; whether nothing else is written. */
  private boolean access(
      Instruction i, InstructionSet machine, List<Value> now, Map<Long, Value> words) {
    Value pointer = registers.get(machine.stackPointer());
    switch (i.memory()) {
      case MemoryAccess.None() -> {}
      case MemoryAccess.Push(int from) -> store(words, pointer, -WORD, registers.get(from));
      case MemoryAccess.Pop(int to) -> {
        if (to != machine.stackPointer()) {
          now.set(to, load(pointer, 0));
        }
      }
      case MemoryAccess.Load(int to, int base, long displacement) ->
          now.set(to, load(registers.get(base), displacement));
      case MemoryAccess.Store(int from, int base, long displacement) -> {
        return store(words, registers.get(base), displacement, registers.get(from));
      }
      case MemoryAccess.StoredConstant(int base, boolean ofThread) -> {
        if (registers.get(base) instanceof Value.StackAddress) {
          words.clear();
        } else {
          return ofThread || registers.get(base) instanceof Value.ErrnoAddress;
        }
      }
      case MemoryAccess.Other() -> {
        words.clear();
        return false;
      }
    }
    return true;
  }

  private static boolean store(Map<Long, Value> words, Value base, long displacement, Value value) {
    if (base instanceof Value.StackAddress(long offset)) {
      words.put(offset + displacement, value);
      return true;
    }
    return false;
  }

  private Value load(Value base, long displacement) {
    return base instanceof Value.StackAddress(long offset)
        ? stack.getOrDefault(offset + displacement, Value.UNKNOWN)
        : Value.LOADED;
  }

  private static Value plus(Value value, long plus) {
    return switch (value) {
      case Value.StackAddress(long offset) -> new Value.StackAddress(offset + plus);
      case Value.Constant(long constant) -> new Value.Constant(constant + plus);
      default -> plus == 0 ? value : Value.UNKNOWN;
    };
  }

  private static Value product(Value one, Value other) {
    return one instanceof Value.Argument(int a) && other instanceof Value.Argument(int b)
        ? new Value.Product(Math.min(a, b), Math.max(a, b))
        : Value.UNKNOWN;
  }

  /** The same behind a call. */
  ValueState called(boolean forErrno, InstructionSet machine) {
    List<Value> now = new ArrayList<>(registers);
    if (forErrno) {
      now.set(machine.resultRegister(), new Value.ErrnoAddress());
    }
    return new ValueState(now, stack, bounds, compared, quiet && forErrno);
  }

  /** The same behind a branch that was taken or not. */
  ValueState branched(Flow branch, boolean taken) {
    int index =
        switch (compared.value()) {
          case Value.Argument(int argument) -> argument;
          case Value.Loaded() -> LOADED;
          default -> -1;
        };
    if (index < 0) {
      return this;
    }
    Bounds old = index == LOADED ? Bounds.ANY : bounds.get(index);
    List<Bounds> now = new ArrayList<>(bounds);
    now.set(index, narrowed(old, compared.constant(), taken ? branch : opposite(branch)));
    return new ValueState(registers, stack, now, compared, quiet);
  }

  private static Flow opposite(Flow branch) {
    return switch (branch) {
      case BRANCH_IF_ZERO -> Flow.BRANCH_IF_NOT_ZERO;
      case BRANCH_IF_NOT_ZERO -> Flow.BRANCH_IF_ZERO;
      case BRANCH_IF_BELOW -> Flow.BRANCH_IF_NOT_BELOW;
      case BRANCH_IF_NOT_BELOW -> Flow.BRANCH_IF_BELOW;
      case BRANCH_IF_NOT_ABOVE -> Flow.BRANCH_IF_ABOVE;
      case BRANCH_IF_ABOVE -> Flow.BRANCH_IF_NOT_ABOVE;
      default -> branch;
    };
  }

  /** The bounds where this branch was taken after a comparison with the constant. */
  private static Bounds narrowed(Bounds old, long constant, Flow branch) {
    return switch (branch) {
      case BRANCH_IF_ZERO -> old.and(Bounds.exactly(constant));
      case BRANCH_IF_NOT_ZERO -> old.without(constant);
      case BRANCH_IF_BELOW -> constant == 0 ? old : old.and(new Bounds(0, constant - 1));
      case BRANCH_IF_NOT_BELOW -> old.and(new Bounds(constant, -1));
      case BRANCH_IF_NOT_ABOVE -> old.and(new Bounds(0, constant));
      case BRANCH_IF_ABOVE -> constant == -1 ? old : old.and(new Bounds(constant + 1, -1));
      default -> old;
    };
  }

  /** What a function jumped to here finds as its first arguments. */
  List<Value> arguments(InstructionSet machine) {
    return IntStream.range(0, ProbeRequest.MAX_ARGUMENTS)
        .mapToObj(index -> registers.get(machine.argumentRegister(index)))
        .toList();
  }

  Value result(InstructionSet machine) {
    return registers.get(machine.resultRegister());
  }

  Facts facts() {
    return new Facts(bounds.subList(0, LOADED), bounds.get(LOADED));
  }
}
