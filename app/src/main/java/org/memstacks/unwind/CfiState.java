package org.memstacks.unwind;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * What call frame instructions have said so far of the CFA, rbp, the return address and rsp, kept
 * as numbers in one array so that remembering and restoring it is a copy. Turns it into a rule.
 */
final class CfiState {
  /** DWARF register numbers (x86-64 psABI, figure 3.36). */
  static final int REG_RBX = 3;

  static final int REG_RBP = 6;
  static final int REG_RSP = 7;
  static final int REG_RETURN_ADDRESS = 16;

  /** How a register's value in the caller is found; with OFFSET at CFA + value. */
  static final int SAME = 0;

  static final int OFFSET = 1;
  static final int UNDEFINED = 2;
  static final int EXPRESSION = 3;
  static final int OTHER = 4;

  /** CFA_REGISTER: its value is an expression. */
  static final int CFA_EXPRESSION = -1;

  // The layout. "_AT" and "_LENGTH" say where an expression lies in the section.
  static final int CFA_REGISTER = 0;
  static final int CFA_OFFSET = 1;
  static final int CFA_AT = 2;
  static final int CFA_LENGTH = 3;
  static final int RBP_KIND = 4;
  static final int RBP_OFFSET = 5;
  static final int RBP_AT = 6;
  static final int RBP_LENGTH = 7;
  static final int RA_KIND = 8;
  static final int RA_OFFSET = 9;
  static final int RA_AT = 10;
  static final int RA_LENGTH = 11;
  static final int RSP_KIND = 12;
  static final int SIZE = 13;

  private static final int OP_DEREF = 0x06;
  private static final int OP_PLUS_UCONST = 0x23;
  private static final int OP_LIT0 = 0x30;
  private static final int OP_BREG0 = 0x70;

  /** breg7 8, breg16 0, lit15, and, [lit N,] ge, lit3, shl, plus: what linkers write for PLTs. */
  private static final int[] PLT_HEAD = {0x77, 8, 0x80, 0, 0x3f, 0x1a};

  private static final int[] PLT_TAIL = {0x2a, 0x33, 0x24, 0x22};
  private static final int[] SIGNAL_CFA = {0x77, 0xa0, 0x01, OP_DEREF};
  private static final int[] SIGNAL_RBP = {0x77, 0xf8, 0x00};
  private static final int[] SIGNAL_PC = {0x77, 0xa8, 0x01};
  private static final int[] AT_RBP = {0x76, 0x00};

  private final MemorySegment section;

  CfiState(MemorySegment section) {
    this.section = section;
  }

  /** Nothing said: no CFA, registers unchanged. */
  static long[] initial() {
    long[] state = new long[SIZE];
    state[CFA_REGISTER] = Integer.MAX_VALUE;
    return state;
  }

  /** Where the rule of a register of interest begins in the layout, -1 for the others. */
  static int kindIndex(long register) {
    if (register == REG_RBP) {
      return RBP_KIND;
    }
    if (register == REG_RETURN_ADDRESS) {
      return RA_KIND;
    }
    return register == REG_RSP ? RSP_KIND : -1;
  }

  /** The rule half of an {@link UnwindRow}. */
  int rule(long[] s, boolean signalFrame) {
    if (s[RA_KIND] == UNDEFINED) {
      return UnwindRow.END;
    }
    if (signalFrame) {
      return isLinuxSignalFrame(s) ? UnwindRow.SIGNAL : UnwindRow.UNSUPPORTED;
    }
    if (s[RA_KIND] != OFFSET || s[RA_OFFSET] != -8 || s[RSP_KIND] != SAME) {
      return UnwindRow.UNSUPPORTED;
    }
    if (s[CFA_REGISTER] == REG_RSP) {
      return registerRule(s, UnwindRow.RSP);
    }
    if (s[CFA_REGISTER] == REG_RBP) {
      return registerRule(s, UnwindRow.RBP);
    }
    if (s[CFA_REGISTER] == REG_RBX) {
      return UnwindRow.CFA_IN_RBX;
    }
    return s[CFA_REGISTER] == CFA_EXPRESSION ? expressionRule(s) : UnwindRow.UNSUPPORTED;
  }

  private static int registerRule(long[] s, int type) {
    if (s[RBP_KIND] == SAME) {
      return UnwindRow.registerRule(type, s[CFA_OFFSET], 0);
    }
    if (s[RBP_KIND] != OFFSET) {
      return UnwindRow.registerRule(type, s[CFA_OFFSET], -1);
    }
    return s[RBP_OFFSET] < 0
        ? UnwindRow.registerRule(type, s[CFA_OFFSET], Math.max(-s[RBP_OFFSET], 1))
        : UnwindRow.UNFIT;
  }

  private int expressionRule(long[] s) {
    long at = s[CFA_AT];
    long length = s[CFA_LENGTH];
    int plt = pltThreshold(at, length);
    if (plt >= 0) {
      return s[RBP_KIND] == SAME ? UnwindRow.pltRule(plt) : UnwindRow.UNSUPPORTED;
    }
    int register = length > 0 ? octet(at) - OP_BREG0 : -1;
    if (register != REG_RSP && register != REG_RBP) {
      return UnwindRow.UNSUPPORTED;
    }
    CfiCursor cursor = new CfiCursor(section, 0);
    try {
      cursor.range(at + 1, at + length);
      long offset = cursor.sleb();
      if (cursor.u8() != OP_DEREF) {
        return UnwindRow.UNSUPPORTED;
      }
      long addend = 0;
      if (cursor.hasMore()) {
        if (cursor.u8() != OP_PLUS_UCONST) {
          return UnwindRow.UNSUPPORTED;
        }
        addend = cursor.uleb();
      }
      if (cursor.hasMore()) {
        return UnwindRow.UNSUPPORTED;
      }
      int type = register == REG_RSP ? UnwindRow.RSP_DEREF : UnwindRow.RBP_DEREF;
      return UnwindRow.derefRule(type, offset, addend, derefRbp(s));
    } catch (MalformedCfi e) {
      return UnwindRow.UNSUPPORTED;
    }
  }

  private long derefRbp(long[] s) {
    if (s[RBP_KIND] == SAME) {
      return UnwindRow.RBP_UNCHANGED;
    }
    if (s[RBP_KIND] == EXPRESSION && matches(s[RBP_AT], s[RBP_LENGTH], AT_RBP)) {
      return UnwindRow.DEREF_RBP_AT_RBP;
    }
    if (s[RBP_KIND] == OFFSET) {
      long words = -s[RBP_OFFSET] / 8;
      boolean fits =
          s[RBP_OFFSET] < 0 && s[RBP_OFFSET] % 8 == 0 && words < UnwindRow.DEREF_RBP_AT_RBP;
      return fits ? words : -1;
    }
    return UnwindRow.DEREF_RBP_LOST;
  }

  private boolean isLinuxSignalFrame(long[] s) {
    return s[CFA_REGISTER] == CFA_EXPRESSION
        && matches(s[CFA_AT], s[CFA_LENGTH], SIGNAL_CFA)
        && s[RBP_KIND] == EXPRESSION
        && matches(s[RBP_AT], s[RBP_LENGTH], SIGNAL_RBP)
        && s[RA_KIND] == EXPRESSION
        && matches(s[RA_AT], s[RA_LENGTH], SIGNAL_PC);
  }

  private int pltThreshold(long at, long length) {
    if (length != PLT_HEAD.length + 1 + PLT_TAIL.length
        || !matches(at, PLT_HEAD.length, PLT_HEAD)
        || !matches(at + PLT_HEAD.length + 1, PLT_TAIL.length, PLT_TAIL)) {
      return -1;
    }
    int threshold = octet(at + PLT_HEAD.length) - OP_LIT0;
    return threshold >= 0 && threshold < 32 ? threshold : -1;
  }

  private boolean matches(long at, long length, int[] expected) {
    if (length != expected.length) {
      return false;
    }
    for (int i = 0; i < expected.length; i++) {
      if (octet(at + i) != expected[i]) {
        return false;
      }
    }
    return true;
  }

  private int octet(long at) {
    return section.get(ValueLayout.JAVA_BYTE, at) & 0xff;
  }
}
