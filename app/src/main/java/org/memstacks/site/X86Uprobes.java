package org.memstacks.site;

/**
 * What the kernel's x86-64 uprobes do with an instruction (arch/x86/kernel/uprobes.c:
 * branch_setup_xol_ops, push_setup_xol_ops, uprobe_init_insn), confined to what has held since the
 * push emulation of Linux 4.16.
 *
 * <p>Later kernels emulate more, from 6.16 the no-operations of three to eight bytes. They count as
 * single-stepped here, and the five-byte one as refused: 6.18 replaces it by a call, which writes
 * below the stack pointer.
 */
final class X86Uprobes {
  private X86Uprobes() {}

  static Cost cost(X86Encoding e) {
    if (refused(e) || harmful(e)) {
      return Cost.REFUSED;
    }
    return emulated(e) ? Cost.EMULATED : Cost.SINGLE_STEPPED;
  }

  private static boolean emulated(X86Encoding e) {
    int opcode = e.opcode();
    if (e.map() == 1) {
      return opcode >> 4 == 8;
    }
    if (e.map() != 0) {
      return false;
    }
    return switch (opcode) {
      case 0x50, 0x51, 0x52, 0x53, 0x54, 0x55, 0x56, 0x57 ->
          e.length() == 1 || e.length() == 2 && e.rex() == 0x41;
      case 0x90 -> !e.has(X86Encoding.PREFIX_F3); // not pause
      case 0xe8, 0xe9, 0xeb -> true;
      default -> opcode >> 4 == 7;
    };
  }

  /** What the kernel answers with an error. */
  private static boolean refused(X86Encoding e) {
    if (e.has(X86Encoding.PREFIX_LOCK | X86Encoding.PREFIX_OLD_SEGMENT) || e.vex()) {
      return true;
    }
    int opcode = e.opcode();
    if (e.has(X86Encoding.PREFIX_66) && emulated(e) && opcode != 0x90) {
      return true; // branch_setup_xol_ops: processors differ in what the prefix means
    }
    return switch (e.map()) {
      case 0 ->
          switch (opcode) {
            case 0x6c, 0x6d, 0x6e, 0x6f, 0xcc, 0xcd, 0xcf, 0xf1, 0xf4, 0xfa, 0xfb -> true;
            case 0x8e -> true; // mov to ss masks the trap; to other segments nobody compiles.
            default -> opcode >= 0xe4 && opcode <= 0xe7 || opcode >= 0xec && opcode <= 0xef;
          };
      case 1 ->
          switch (opcode) {
            case 0x00, 0x01, 0x06, 0x07, 0x08, 0x09, 0x0b, 0x30, 0x34, 0x35, 0x37, 0xb9, 0xff ->
                true;
            default -> false;
          };
      default -> false;
    };
  }

  /** What the kernel accepts, though the target or the count suffers. */
  private static boolean harmful(X86Encoding e) {
    int opcode = e.opcode();
    if (e.map() == 1) {
      // A system call out of line returns to the wrong place. The five-byte nop: see above.
      return opcode == 0x05 || opcode == 0x1f && e.length() == 5;
    }
    if (e.map() != 0) {
      return false;
    }
    return switch (opcode) {
      // xchg %r8,%rax shares its opcode with nop and is emulated as one: it does not happen.
      case 0x90 -> (e.rex() & 1) != 0;
      // A repeated string operation traps, and so counts, once for each element.
      case 0xa4, 0xa5, 0xa6, 0xa7, 0xaa, 0xab, 0xac, 0xad, 0xae, 0xaf ->
          e.has(X86Encoding.PREFIX_F2 | X86Encoding.PREFIX_F3);
      default -> false;
    };
  }
}
