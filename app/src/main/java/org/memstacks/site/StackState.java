package org.memstacks.site;

/**
 * What is known of the stack pointer and the frame pointer before an instruction, as bytes above
 * the stack pointer's entry value.
 */
record StackState(long stackPointer, long framePointer) {
  /** No known distance from the entry value. */
  private static final long UNKNOWN = Long.MIN_VALUE;

  static final StackState ENTRY = new StackState(0, UNKNOWN);

  boolean atEntry() {
    return stackPointer == 0;
  }

  StackState after(Instruction i, InstructionSet machine) {
    int sp = machine.stackPointer();
    int fp = machine.framePointer();
    return new StackState(value(sp, stackPointer, i, machine), value(fp, framePointer, i, machine));
  }

  private long value(int register, long before, Instruction i, InstructionSet machine) {
    if (i.effect() instanceof Effect.Derived(int to, int from, long plus) && to == register) {
      long base =
          from == machine.stackPointer()
              ? stackPointer
              : from == machine.framePointer() ? framePointer : UNKNOWN;
      return base == UNKNOWN ? UNKNOWN : base + plus;
    }
    return i.writes(register) ? UNKNOWN : before;
  }
}
