package org.memstacks.site;

import static org.memstacks.site.Arm64Flow.is;
import static org.memstacks.site.Arm64InstructionSet.LR;
import static org.memstacks.site.Arm64InstructionSet.SP;
import static org.memstacks.site.Instruction.FLAGS;

/** The general registers an A64 instruction may write; in doubt, those its fields name. */
final class Arm64Writes {
  /** What a called function may change (AAPCS64): x0 to x18 and the link register. */
  private static final long CALLER_SAVED = FLAGS | (1L << 19) - 1 | 1L << LR;

  private Arm64Writes() {}

  static long of(int word) {
    return switch (word >>> 25 & 0xf) {
      case 8, 9 -> immediate(word);
      case 0xa, 0xb -> branchOrSystem(word);
      case 4, 6, 0xc, 0xe -> memory(word);
      case 5, 0xd -> register(word);
      case 7, 0xf -> FLAGS | general(rd(word)); // fmov, fcvtzs, umov; fcmp
      default -> Instruction.EVERYTHING;
    };
  }

  private static long immediate(int word) {
    boolean setsFlags = (word & 1 << 29) != 0;
    return switch (word >>> 23 & 7) {
      case 2, 3 -> setsFlags ? FLAGS | general(rd(word)) : 1L << rd(word); // add, sub
      case 4 ->
          (word >>> 29 & 3) == 3 ? FLAGS | general(rd(word)) : 1L << rd(word); // and, orr, eor
      default -> general(rd(word));
    };
  }

  private static long branchOrSystem(int word) {
    Flow flow = Arm64Flow.of(word);
    if (flow.calls()) {
      return CALLER_SAVED;
    }
    if (is(word, 0xfffff01f, 0xd503201f)) {
      return hint(word >>> 5 & 0x7f);
    }
    if (is(word, 0xff000000, 0xd5000000)) {
      return FLAGS | general(rd(word)); // mrs, sysl
    }
    return flow == Flow.NEXT || flow == Flow.TRAP ? Instruction.EVERYTHING : 0; // svc
  }

  private static long hint(int number) {
    return switch (number) {
      case 7, 0x18, 0x19, 0x1a, 0x1b, 0x1c, 0x1d, 0x1e, 0x1f -> 1L << LR; // xpaclri, pac, aut
      case 8, 0xa, 0xc, 0xe -> 1L << 17; // pac and aut of x17
      default -> 0;
    };
  }

  private static long memory(int word) {
    boolean vector = (word & 1 << 26) != 0;
    long data = vector ? 0 : general(rd(word));
    long base = 1L << (word >>> 5 & 31);
    return switch (word >>> 27 & 7) {
      case 5 -> pair(word, vector, base);
      case 7 -> (stores(word) ? 0 : data) | (writesBack(word) ? base : 0);
      case 3 -> (word & 1 << 24) == 0 ? data : data | base; // literal; tags and unscaled acquire
      default -> vector ? base : data | general(word >>> 10 & 31) | general(word >>> 16 & 31);
    };
  }

  private static long pair(int word, boolean vector, long base) {
    boolean load = (word & 1 << 22) != 0;
    boolean writeBack = (word & 1 << 23) != 0;
    long data = load && !vector ? general(rd(word)) | general(word >>> 10 & 31) : 0;
    return data | (writeBack ? base : 0);
  }

  /** Whether a single-register access is a plain store. */
  private static boolean stores(int word) {
    boolean atomic = (word & 1 << 24) == 0 && (word & 1 << 21) != 0 && (word >>> 10 & 3) != 2;
    return !atomic && (word >>> 22 & 3) == 0;
  }

  /** Whether a single-register access updates its base: post-index, pre-index, ldraa. */
  static boolean writesBack(int word) {
    return (word & 1 << 24) == 0 && (word & 1 << 10) != 0;
  }

  private static long register(int word) {
    boolean extended = is(word, 0x1f200000, 0x0b200000);
    boolean setsFlags = (word & 1 << 29) != 0;
    if (extended && !setsFlags) {
      return 1L << rd(word); // add and sub with an extended register may name the stack pointer
    }
    boolean plainLogic = is(word, 0x1f000000, 0x0a000000) && (word >>> 29 & 3) != 3;
    return plainLogic ? general(rd(word)) : FLAGS | general(rd(word));
  }

  private static int rd(int word) {
    return word & 31;
  }

  /** Number 31 as the zero register. */
  private static long general(int register) {
    return register == SP ? 0 : 1L << register;
  }
}
