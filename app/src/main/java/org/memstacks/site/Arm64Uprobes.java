package org.memstacks.site;

import static org.memstacks.site.Arm64Flow.is;

/**
 * What the kernel's arm64 uprobes do with an instruction (arch/arm64/kernel/probes/decode-insn.c,
 * aarch64_insn_is_steppable and arm_probe_decode_insn). The nop, simulated since Linux 6.13, counts
 * as single-stepped. Not measured: this project's machines are x86-64.
 */
final class Arm64Uprobes {
  private Arm64Uprobes() {}

  static Cost cost(int word) {
    boolean branchOrSystem = is(word, 0x1c000000, 0x14000000);
    if (branchOrSystem) {
      return simulated(word) ? Cost.EMULATED : systemCost(word);
    }
    if (is(word, 0x1f000000, 0x10000000)) {
      return Cost.EMULATED; // adr, adrp
    }
    boolean literal = is(word, 0x3b000000, 0x18000000);
    boolean exclusive = is(word, 0x3f000000, 0x08000000);
    return literal || exclusive ? Cost.REFUSED : Cost.SINGLE_STEPPED;
  }

  /**
   * The branches. Calls and returns are simulated as well, but where the guarded control stack is
   * on it falls out of step on kernels that do not know of it.
   */
  private static boolean simulated(int word) {
    return is(word, 0xfc000000, 0x14000000) // b
        || is(word, 0xff000010, 0x54000000) // b.cond
        || is(word, 0x7c000000, 0x34000000) // cbz, cbnz, tbz, tbnz
        || is(word, 0xfffffc1f, 0xd61f0000); // br
  }

  private static Cost systemCost(int word) {
    boolean hint = is(word, 0xfffff01f, 0xd503201f);
    if (hint) {
      return switch (word >>> 5 & 0x7f) {
        // nop, xpaclri, signing (not authenticating), bti
        case 0, 7, 8, 0xa, 0x18, 0x19, 0x1a, 0x1b, 0x20, 0x22, 0x24, 0x26 -> Cost.SINGLE_STEPPED;
        default -> Cost.REFUSED;
      };
    }
    boolean barrier = is(word, 0xfffff01f, 0xd503301f);
    return barrier ? Cost.SINGLE_STEPPED : Cost.REFUSED;
  }
}
