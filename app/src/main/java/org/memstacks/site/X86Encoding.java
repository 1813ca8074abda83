package org.memstacks.site;

/**
 * The parts of one x86-64 instruction, found without regard to its meaning.
 *
 * @param address of the first byte
 * @param length in bytes
 * @param prefixes a set of {@code PREFIX_...} bits
 * @param rex the REX byte, or 0; for VEX and EVEX its W, R, X and B bits in the same places
 * @param vex whether the encoding is VEX or EVEX
 * @param vvvv the register named by VEX.vvvv, or -1
 * @param map 0 for one-byte opcodes, 1 for 0f, 2 for 0f 38, 3 for 0f 3a
 * @param opcode 0 to 255
 * @param modrm the ModRM byte, or -1
 * @param sib the SIB byte, or -1
 * @param displacement sign-extended
 * @param immediate sign-extended
 */
record X86Encoding(
    long address,
    int length,
    int prefixes,
    int rex,
    boolean vex,
    int vvvv,
    int map,
    int opcode,
    int modrm,
    int sib,
    long displacement,
    long immediate) {

  static final int PREFIX_66 = 1;
  static final int PREFIX_F2 = 2;
  static final int PREFIX_F3 = 4;
  static final int PREFIX_LOCK = 8;

  /** ES, CS, SS or DS: without meaning for addresses in 64-bit mode, and refused by uprobes. */
  static final int PREFIX_OLD_SEGMENT = 16;

  /** FS or GS. */
  static final int PREFIX_THREAD_SEGMENT = 32;

  static final int PREFIX_67 = 64;

  boolean has(int prefix) {
    return (prefixes & prefix) != 0;
  }

  /** Whether operands have 64 bits by REX.W. */
  boolean wide() {
    return (rex & 8) != 0;
  }

  boolean hasModrm() {
    return modrm >= 0;
  }

  /** Whether the r/m operand is a register rather than memory. */
  boolean direct() {
    return hasModrm() && modrm >> 6 == 3;
  }

  /** The three bits in the middle of ModRM, which in groups select the operation. */
  int group() {
    return modrm >> 3 & 7;
  }

  /** The register operand in the middle of ModRM. */
  int reg() {
    return group() | (rex & 4) << 1;
  }

  /** The register operand in r/m; meaningful where {@link #direct()}. */
  int rm() {
    return modrm & 7 | (rex & 1) << 3;
  }

  /** The register in the opcode's low three bits. */
  int opcodeRegister() {
    return opcode & 7 | (rex & 1) << 3;
  }

  /** Whether the memory operand is a displacement from the next instruction. */
  boolean ripRelative() {
    return hasModrm() && modrm >> 6 == 0 && (modrm & 7) == 5;
  }

  /** The base of a memory operand that is a register plus a displacement and no more, or -1. */
  int plainBase() {
    if (!hasModrm() || direct() || ripRelative()) {
      return -1;
    }
    return index() >= 0 ? -1 : base();
  }

  /** The index register of a memory operand, or -1. */
  int index() {
    int register = sib >> 3 & 7 | (rex & 2) << 2;
    return sib < 0 || register == 4 ? -1 : register;
  }

  /** The base register of a memory operand, or -1; meaningful where it is not relative to rip. */
  int base() {
    if (sib < 0) {
      return rm();
    }
    boolean baseless = (sib & 7) == 5 && modrm >> 6 == 0;
    return baseless ? -1 : sib & 7 | (rex & 1) << 3;
  }

  long next() {
    return address + length;
  }
}
