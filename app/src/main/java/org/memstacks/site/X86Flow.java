package org.memstacks.site;

import java.util.Optional;

/** Where execution goes after an x86-64 instruction. */
final class X86Flow {
  private X86Flow() {}

  static Flow of(X86Encoding e) {
    if (e.vex()) {
      return Flow.NEXT;
    }
    return switch (e.map()) {
      case 0 -> ofOneByte(e);
      case 1 -> ofTwoBytes(e);
      default -> Flow.NEXT;
    };
  }

  private static Flow ofOneByte(X86Encoding e) {
    return switch (e.opcode()) {
      case 0xe0, 0xe1, 0xe2, 0xe3 -> Flow.BRANCH;
      case 0xe9, 0xeb -> Flow.JUMP;
      case 0xe8 -> Flow.CALL;
      case 0xc2, 0xc3, 0xca, 0xcb, 0xcf -> Flow.RETURN;
      case 0xcc, 0xf1, 0xf4 -> Flow.TRAP;
      case 0xff ->
          switch (e.group()) {
            case 2 -> e.ripRelative() ? Flow.CALL_THROUGH_SLOT : Flow.INDIRECT_CALL;
            case 3 -> Flow.INDIRECT_CALL;
            case 4 -> e.ripRelative() ? Flow.JUMP_THROUGH_SLOT : Flow.INDIRECT_JUMP;
            case 5 -> Flow.INDIRECT_JUMP;
            default -> Flow.NEXT;
          };
      default -> e.opcode() >> 4 == 7 ? branch(e) : Flow.NEXT;
    };
  }

  private static Flow ofTwoBytes(X86Encoding e) {
    return switch (e.opcode()) {
      case 0x0b, 0xb9, 0xff -> Flow.TRAP;
      case 0x07, 0x35 -> Flow.TRAP; // sysret, sysexit
      default -> e.opcode() >> 4 == 8 ? branch(e) : Flow.NEXT;
    };
  }

  /** Where a jump through a register or a word in memory leads. */
  static Optional<ComputedTarget> computedTarget(X86Encoding e) {
    Flow flow = of(e);
    boolean computed = flow == Flow.INDIRECT_JUMP || flow == Flow.JUMP_THROUGH_SLOT;
    boolean far = computed && e.group() == 5;
    boolean ofThread = e.has(X86Encoding.PREFIX_THREAD_SEGMENT | X86Encoding.PREFIX_67);
    if (!computed || far || ofThread) {
      return Optional.empty();
    }
    if (e.direct()) {
      return Optional.of(new ComputedTarget(e.rm(), ComputedTarget.NONE, 0, 0, false));
    }
    if (e.ripRelative()) {
      int distance = (int) e.displacement() + e.length();
      return Optional.of(
          new ComputedTarget(ComputedTarget.INSTRUCTION, ComputedTarget.NONE, 0, distance, true));
    }
    if (e.base() == X86InstructionSet.RSP) {
      return Optional.empty();
    }
    int scale = e.sib() < 0 ? 0 : e.sib() >> 6;
    return Optional.of(
        new ComputedTarget(e.base(), e.index(), scale, (int) e.displacement(), true));
  }

  private static Flow branch(X86Encoding e) {
    return switch (condition(e)) {
      case 2 -> Flow.BRANCH_IF_BELOW;
      case 3 -> Flow.BRANCH_IF_NOT_BELOW;
      case 4 -> Flow.BRANCH_IF_ZERO;
      case 5 -> Flow.BRANCH_IF_NOT_ZERO;
      case 6 -> Flow.BRANCH_IF_NOT_ABOVE;
      case 7 -> Flow.BRANCH_IF_ABOVE;
      default -> Flow.BRANCH;
    };
  }

  /** The condition's number: the low half of the opcode of a conditional jump. */
  static int condition(X86Encoding e) {
    boolean conditional =
        !e.vex() && (e.map() == 0 && e.opcode() >> 4 == 7 || e.map() == 1 && e.opcode() >> 4 == 8);
    return conditional ? e.opcode() & 15 : -1;
  }

  static long target(X86Encoding e, Flow flow) {
    if (flow.branches()) {
      return e.next() + e.immediate();
    }
    return switch (flow) {
      case JUMP, CALL -> e.next() + e.immediate();
      case JUMP_THROUGH_SLOT, CALL_THROUGH_SLOT -> e.next() + e.displacement();
      default -> 0;
    };
  }
}
