package org.memstacks.site;

import java.util.Optional;

/** x86-64 under the System V calling convention. */
final class X86InstructionSet implements InstructionSet {
  static final int RAX = 0;
  static final int RCX = 1;
  static final int RDX = 2;
  static final int RBX = 3;
  static final int RSP = 4;
  static final int RBP = 5;
  static final int RSI = 6;
  static final int RDI = 7;
  static final int R8 = 8;
  static final int R11 = 11;

  private static final int[] ARGUMENTS = {RDI, RSI, RDX, RCX, R8, 9};

  private static final String[] NAMES = {
    "rax", "rcx", "rdx", "rbx", "rsp", "rbp", "rsi", "rdi",
    "r8", "r9", "r10", "r11", "r12", "r13", "r14", "r15"
  };

  @Override
  public int maxLength() {
    return X86Decoder.MAX_LENGTH;
  }

  @Override
  public Instruction decode(byte[] code, int offset, long address) {
    return X86Decoder.decode(code, offset, address)
        .map(X86InstructionSet::interpret)
        .orElseGet(() -> Instruction.unknown(address));
  }

  @Override
  public String text(byte[] code, int offset, long address) {
    return X86Decoder.decode(code, offset, address).map(X86Text::of).orElse("(unknown)");
  }

  @Override
  public Optional<ComputedTarget> computedTarget(byte[] code, int offset, long address) {
    return X86Decoder.decode(code, offset, address).flatMap(X86Flow::computedTarget);
  }

  private static Instruction interpret(X86Encoding e) {
    Flow flow = X86Flow.of(e);
    return new Instruction(
        e.address(),
        e.length(),
        flow,
        X86Flow.target(e, flow),
        X86Writes.of(e, flow),
        X86Effects.of(e),
        X86Memory.of(e),
        X86Flow.condition(e),
        X86Uprobes.cost(e));
  }

  static String name(int register) {
    return NAMES[register];
  }

  @Override
  public int argumentRegister(int index) {
    return ARGUMENTS[index];
  }

  @Override
  public int resultRegister() {
    return RAX;
  }

  @Override
  public int stackPointer() {
    return RSP;
  }

  @Override
  public int framePointer() {
    return RBP;
  }

  /** The return address lies at [rsp]. */
  @Override
  public long returnState() {
    return 1L << RSP;
  }

  @Override
  public String registerName(int register) {
    return name(register);
  }
}
