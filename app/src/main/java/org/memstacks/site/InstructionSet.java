package org.memstacks.site;

import java.util.Optional;

/** A machine's instructions and its calling convention. */
public sealed interface InstructionSet permits X86InstructionSet, Arm64InstructionSet {
  /** The x86-64 instructions under the System V calling convention. */
  InstructionSet X86_64 = new X86InstructionSet();

  /** The A64 instructions under the AAPCS64 calling convention. */
  InstructionSet AARCH64 = new Arm64InstructionSet();

  /** The length of the longest instruction, in bytes. */
  int maxLength();

  /**
   * Decodes one instruction.
   *
   * @param code bytes that contain it; may end early
   * @param offset where it begins in {@code code}
   * @param address the address of that byte
   * @return the instruction, or an unknown one of length 0 if it is not understood or cut short
   */
  Instruction decode(byte[] code, int offset, long address);

  /** The length of the instruction at {@code offset} in bytes; 1 if it is not understood. */
  default int length(byte[] code, int offset, long address) {
    return Math.max(1, decode(code, offset, address).length());
  }

  /**
   * The instruction at {@code offset} for people: in the machine's assembler syntax, operands where
   * they matter.
   */
  String text(byte[] code, int offset, long address);

  /**
   * Where the jump at {@code offset} leads, if that is computed at run time in a way that a probe
   * on the jump can follow.
   */
  default Optional<ComputedTarget> computedTarget(byte[] code, int offset, long address) {
    return Optional.empty();
  }

  /** The register that carries the integer argument of that index, counted from 0. */
  int argumentRegister(int index);

  /** The register a function's result is returned in. */
  int resultRegister();

  int stackPointer();

  int framePointer();

  /**
   * The registers, one bit each, that must hold their entry values where a probe with a return side
   * sits: those the kernel finds and replaces the return address by.
   */
  long returnState();

  /** The name of a register, as BPF's and the assembler's users know it. */
  String registerName(int register);
}
