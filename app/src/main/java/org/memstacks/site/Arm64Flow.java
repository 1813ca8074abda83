package org.memstacks.site;

/** Where execution goes after an A64 instruction (Arm ARM C4.1, branches and system). */
final class Arm64Flow {
  private Arm64Flow() {}

  static Flow of(int word) {
    if (word >>> 16 == 0) {
      return Flow.TRAP; // udf
    }
    return switch (word >>> 25 & 0xf) {
      case 0, 1, 2, 3 -> Flow.UNKNOWN; // unallocated, SVE and SME
      case 0xa, 0xb -> branchOrSystem(word);
      default -> Flow.NEXT;
    };
  }

  private static Flow branchOrSystem(int word) {
    if (is(word, 0x7c000000, 0x14000000)) {
      return word < 0 ? Flow.CALL : Flow.JUMP;
    }
    if (is(word, 0xff000000, 0x54000000)) {
      return switch (word & 0x1f) {
        case 0 -> Flow.BRANCH_IF_ZERO;
        case 1 -> Flow.BRANCH_IF_NOT_ZERO;
        default -> Flow.BRANCH;
      };
    }
    if (is(word, 0x7e000000, 0x34000000)) {
      boolean wholeRegister = word < 0;
      boolean ifZero = (word & 1 << 24) == 0;
      if (!wholeRegister) {
        return Flow.BRANCH;
      }
      return ifZero ? Flow.BRANCH_IF_ZERO : Flow.BRANCH_IF_NOT_ZERO;
    }
    if (is(word, 0x7e000000, 0x36000000)) {
      return Flow.BRANCH; // tbz, tbnz
    }
    if (is(word, 0xfe000000, 0xd6000000)) {
      return switch (word >>> 21 & 7) {
        case 0 -> Flow.INDIRECT_JUMP;
        case 1 -> Flow.INDIRECT_CALL;
        case 2 -> Flow.RETURN;
        default -> Flow.TRAP; // eret, drps
      };
    }
    if (is(word, 0xff000000, 0xd4000000)) {
      boolean supervisorCall = (word & 0xffe0001f) == 0xd4000001;
      return supervisorCall ? Flow.NEXT : Flow.TRAP;
    }
    return is(word, 0xff000000, 0xd5000000) ? Flow.NEXT : Flow.UNKNOWN;
  }

  static long target(int word, long address) {
    if (is(word, 0x7c000000, 0x14000000)) {
      return address + signed(word, 0, 26) * 4;
    }
    if (is(word, 0xff000000, 0x54000000) || is(word, 0x7e000000, 0x34000000)) {
      return address + signed(word, 5, 19) * 4;
    }
    return is(word, 0x7e000000, 0x36000000) ? address + signed(word, 5, 14) * 4 : 0;
  }

  static boolean is(int word, int mask, int value) {
    return (word & mask) == value;
  }

  /** The signed field of {@code bits} bits from bit {@code from}. */
  static long signed(int word, int from, int bits) {
    return word << 32 - from - bits >> 32 - bits;
  }
}
