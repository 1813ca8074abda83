package org.memstacks.site;

import static org.memstacks.site.X86InstructionSet.RAX;
import static org.memstacks.site.X86InstructionSet.RBP;
import static org.memstacks.site.X86InstructionSet.RSP;

/** Which values x86-64 instructions are known to leave in registers. */
final class X86Effects {
  private static final long WORD = 8;

  private X86Effects() {}

  static Effect of(X86Encoding e) {
    if (!e.vex() && e.map() == 1 && e.opcode() == 0xaf && e.direct() && e.wide()) {
      return new Effect.Product(e.reg(), e.reg(), e.rm());
    }
    if (e.vex() || e.map() != 0 || e.has(X86Encoding.PREFIX_66 | X86Encoding.PREFIX_67)) {
      return Effect.NOTHING;
    }
    return switch (e.opcode()) {
      case 0x50, 0x51, 0x52, 0x53, 0x54, 0x55, 0x56, 0x57, 0x68, 0x6a, 0x9c -> stack(-WORD);
      case 0x58, 0x59, 0x5a, 0x5b, 0x5d, 0x5e, 0x5f, 0x9d -> stack(WORD);
      case 0x5c -> e.opcodeRegister() == RSP ? Effect.NOTHING : stack(WORD);
      case 0xff -> e.group() == 6 ? stack(-WORD) : Effect.NOTHING;
      case 0xc9 -> new Effect.Derived(RSP, RBP, WORD);
      case 0x89 -> copy(e, e.rm(), e.reg());
      case 0x8b -> copy(e, e.reg(), e.rm());
      case 0x8d -> lea(e);
      case 0x31, 0x33 -> zeroedByItself(e);
      case 0xb8, 0xb9, 0xba, 0xbb, 0xbc, 0xbd, 0xbe, 0xbf ->
          constant(e.opcodeRegister(), e.wide() ? e.immediate() : e.immediate() & 0xffffffffL);
      case 0xc7 -> e.direct() && e.wide() ? constant(e.rm(), e.immediate()) : Effect.NOTHING;
      case 0x3d -> e.wide() ? new Effect.Compared(RAX, e.immediate()) : Effect.NOTHING;
      case 0xf7 ->
          e.group() == 4 && e.direct() && e.wide()
              ? new Effect.Product(RAX, RAX, e.rm())
              : Effect.NOTHING;
      case 0x85 -> testedByItself(e);
      case 0x81, 0x83 -> immediateGroup(e);
      default -> Effect.NOTHING;
    };
  }

  private static Effect stack(long plus) {
    return new Effect.Derived(RSP, RSP, plus);
  }

  private static Effect constant(int register, long value) {
    return new Effect.Constant(register, value);
  }

  private static Effect copy(X86Encoding e, int to, int from) {
    return e.direct() && e.wide() ? new Effect.Derived(to, from, 0) : Effect.NOTHING;
  }

  private static Effect lea(X86Encoding e) {
    int base = e.plainBase();
    return e.wide() && base >= 0 && !e.has(X86Encoding.PREFIX_THREAD_SEGMENT)
        ? new Effect.Derived(e.reg(), base, e.displacement())
        : Effect.NOTHING;
  }

  private static Effect zeroedByItself(X86Encoding e) {
    return e.direct() && e.rm() == e.reg() ? constant(e.reg(), 0) : Effect.NOTHING;
  }

  private static Effect testedByItself(X86Encoding e) {
    return e.direct() && e.wide() && e.rm() == e.reg()
        ? new Effect.TestedForZero(e.reg())
        : Effect.NOTHING;
  }

  /** add, sub and cmp of a 64-bit register with a constant. */
  private static Effect immediateGroup(X86Encoding e) {
    if (!e.direct() || !e.wide()) {
      return Effect.NOTHING;
    }
    return switch (e.group()) {
      case 0 -> new Effect.Derived(e.rm(), e.rm(), e.immediate());
      case 5 -> new Effect.Derived(e.rm(), e.rm(), -e.immediate());
      case 7 ->
          e.immediate() == 0
              ? new Effect.TestedForZero(e.rm())
              : new Effect.Compared(e.rm(), e.immediate());
      default -> Effect.NOTHING;
    };
  }
}
