package org.memstacks.site;

/** A64 instructions under the AAPCS64 calling convention. */
final class Arm64InstructionSet implements InstructionSet {
  static final int LENGTH = 4;
  static final int FP = 29;
  static final int LR = 30;

  /**
   * Number 31 is the stack pointer here; where an encoding means the zero register it is left out.
   */
  static final int SP = 31;

  @Override
  public int maxLength() {
    return LENGTH;
  }

  @Override
  public Instruction decode(byte[] code, int offset, long address) {
    if (code.length - offset < LENGTH) {
      return Instruction.unknown(address);
    }
    int word = word(code, offset);
    Flow flow = Arm64Flow.of(word);
    if (flow == Flow.UNKNOWN) {
      return Instruction.unknown(address);
    }
    return new Instruction(
        address,
        LENGTH,
        flow,
        Arm64Flow.target(word, address),
        Arm64Writes.of(word),
        Arm64Effects.of(word),
        MemoryAccess.OTHER,
        -1,
        Arm64Uprobes.cost(word));
  }

  @Override
  public String text(byte[] code, int offset, long address) {
    if (code.length - offset < LENGTH) {
      return "(unknown)";
    }
    return Arm64Text.of(word(code, offset), address);
  }

  private static int word(byte[] code, int offset) {
    return code[offset] & 0xff
        | (code[offset + 1] & 0xff) << 8
        | (code[offset + 2] & 0xff) << 16
        | code[offset + 3] << 24;
  }

  @Override
  public int argumentRegister(int index) {
    return index;
  }

  @Override
  public int resultRegister() {
    return 0;
  }

  @Override
  public int stackPointer() {
    return SP;
  }

  @Override
  public int framePointer() {
    return FP;
  }

  /**
   * The return address is in the link register; with the stack pointer moved it was saved already.
   */
  @Override
  public long returnState() {
    return 1L << LR | 1L << SP;
  }

  @Override
  public String registerName(int register) {
    return register == SP ? "sp" : "x" + register;
  }
}
