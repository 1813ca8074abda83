package org.memstacks.site;

/**
 * What is known of the stack pointer, the frame pointer and the result register before an
 * instruction: the pointers as bytes above the stack pointer's entry value.
 */
record StackState(long stackPointer, long framePointer, boolean resultZero) {
  /** No known distance from the entry value. */
  private static final long UNKNOWN = Long.MIN_VALUE;

  static final StackState ENTRY = new StackState(0, UNKNOWN, false);

  boolean atEntry() {
    return stackPointer == 0;
  }

  StackState after(Instruction i, InstructionSet machine) {
    int sp = machine.stackPointer();
    int fp = machine.framePointer();
    int result = machine.resultRegister();
    boolean zeroed = i.effect() instanceof Effect.Zeroed(int register) && register == result;
    return new StackState(
        value(sp, stackPointer, i, machine),
        value(fp, framePointer, i, machine),
        zeroed || resultZero && !i.writes(result));
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
