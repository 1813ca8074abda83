package org.memstacks.site;

import static org.memstacks.site.Arm64Flow.is;
import static org.memstacks.site.Arm64Flow.signed;
import static org.memstacks.site.Arm64InstructionSet.SP;

/** Which values A64 instructions are known to leave in registers. */
final class Arm64Effects {
  private Arm64Effects() {}

  static Effect of(int word) {
    int rd = word & 31;
    int rn = word >>> 5 & 31;
    int rm = word >>> 16 & 31;
    if (is(word, 0xbf800000, 0x91000000)) {
      return addOrSubtract(word, rd, rn);
    }
    if (is(word, 0xffe0ffe0, 0xaa0003e0)) {
      return rm == SP || rd == SP ? zeroed(rd) : new Effect.Derived(rd, rm, 0); // mov
    }
    if (is(word, 0xffe0ffe0, 0x2a0003e0) && rm == SP || is(word, 0x7fffffe0, 0x52800000)) {
      return zeroed(rd);
    }
    boolean comparesWithZero = is(word, 0xfffffc1f, 0xf100001f);
    boolean testsItself = is(word, 0xffe0fc1f, 0xea00001f) && rn == rm;
    boolean branchesOnZero = is(word, 0xfe000000, 0xb4000000);
    if (comparesWithZero && rn != SP || testsItself) {
      return new Effect.TestedForZero(rn);
    }
    return branchesOnZero ? new Effect.TestedForZero(rd) : stackAccess(word, rn);
  }

  /** add and sub of a 12-bit constant to 64 bits, without flags. */
  private static Effect addOrSubtract(int word, int rd, int rn) {
    boolean shifted = (word & 1 << 22) != 0;
    long constant = (long) (word >>> 10 & 0xfff) << (shifted ? 12 : 0);
    return new Effect.Derived(rd, rn, (word & 1 << 30) != 0 ? -constant : constant);
  }

  private static Effect zeroed(int register) {
    return register == SP ? Effect.NOTHING : new Effect.Constant(register, 0);
  }

  /** A load or store that moves the stack pointer. */
  private static Effect stackAccess(int word, int base) {
    if (base != SP) {
      return Effect.NOTHING;
    }
    if (is(word, 0x3a800000, 0x28800000)) {
      boolean vector = (word & 1 << 26) != 0;
      int scale = vector ? 2 + (word >>> 30) : 2 + (word >>> 31);
      return new Effect.Derived(SP, SP, signed(word, 15, 7) << scale);
    }
    if (is(word, 0x3b200400, 0x38000400)) {
      return new Effect.Derived(SP, SP, signed(word, 12, 9));
    }
    return Effect.NOTHING;
  }
}
