package org.memstacks.site;

final class Arm64InstructionSet implements InstructionSet {
  @Override
  public int maxLength() {
    return 4;
  }

  @Override
  public Instruction decode(byte[] code, int offset, long address) {
    return Instruction.unknown(address);
  }

  @Override
  public String text(byte[] code, int offset, long address) {
    return "";
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
    return 31;
  }

  @Override
  public int framePointer() {
    return 29;
  }

  @Override
  public long returnState() {
    return 1L << 31 | 1L << 30;
  }

  @Override
  public String registerName(int register) {
    return register == 31 ? "sp" : "x" + register;
  }
}
