package org.memstacks.unwind;

/**
 * One unwind row: eight bytes, little-endian, {@code struct { u32 pc; u32 rule; }}. A row holds
 * from its pc to the next row's; bytes between functions have a gap row, even if they are padding.
 * Rows are sorted by pc, compared unsigned; neighbours differ.
 *
 * <pre>
 * pc    address of the instruction minus the module's load bias (what the object states)
 * rule  bits  0..3   type
 *       bits  4..18  CFA offset / 8: unsigned, but signed (two's complement) for the DEREF types
 *       bits 19..31  where the caller's rbp is; for the DEREF types two fields of their own
 * </pre>
 *
 * The return address is at CFA-8 and the caller's rsp is the CFA, unless the type says otherwise.
 *
 * <pre>
 * type           CFA                                rbp field
 *  0 GAP         no unwind information              -
 *  1 RSP         rsp + offset                       RBP
 *  2 RBP         rbp + offset                       RBP
 *  3 END         none: the outermost frame          -
 *  4 PLT         rsp + 8 + 8 * ((pc &amp; 15) &gt;= offset field, undivided)    rbp unchanged
 *  5 SIGNAL      rt_sigframe: rbp at [rsp+120], rsp at [rsp+160], pc at [rsp+168];
 *                that pc is exact, not a return address
 *  6 RSP_DEREF   [rsp + signed offset] + addend     DEREF
 *  7 RBP_DEREF   [rbp + signed offset] + addend     DEREF
 *  8 UNFIT       known, but a number exceeds its field
 *  9 UNSUPPORTED a rule of another shape
 * 10 CFA_IN_RBX  rbx + something (_dl_runtime_resolve: lazy binding)
 * 11 FRAME_POINTER  no unwind information, but code of a kind that keeps frame pointers; the offset
 *                field is 1
 * 12 START       most likely code that begins a program or a thread: the outermost frame if it lies
 *                where stacks begin, else a gap
 *
 * RBP    0: unchanged; 8191: lost, the caller's is unknown; else n: at [CFA - 8n]
 * DEREF  bits 19..24: addend / 8; bits 25..31: 0: rbp unchanged; 127: lost; 126: at [rbp];
 *        else n: at [CFA - 8n]
 * </pre>
 *
 * Rules are those of the x86-64 psABI's DWARF registers; what each type covers in Debian's
 * libraries is told by {@link UnwindTable#bytesByType}.
 */
public final class UnwindRow {
  public static final int GAP = 0;
  public static final int RSP = 1;
  public static final int RBP = 2;
  public static final int END = 3;
  public static final int PLT = 4;
  public static final int SIGNAL = 5;
  public static final int RSP_DEREF = 6;
  public static final int RBP_DEREF = 7;
  public static final int UNFIT = 8;
  public static final int UNSUPPORTED = 9;
  public static final int CFA_IN_RBX = 10;
  public static final int FRAME_POINTER = 11;
  public static final int START = 12;

  /** The whole rule: the one of its type. */
  public static final int FRAME_POINTER_KEPT = FRAME_POINTER | 1 << 4;

  public static final int TYPES = 13;

  public static final int TYPE_BITS = 4;
  public static final int CFA_BITS = 15;
  public static final int RBP_BITS = 13;
  public static final int CFA_SHIFT = TYPE_BITS;
  public static final int RBP_SHIFT = TYPE_BITS + CFA_BITS;

  /** RBP field: the caller's rbp is the one here. */
  public static final int RBP_UNCHANGED = 0;

  /** RBP field: the caller's rbp cannot be known. */
  public static final int RBP_LOST = (1 << RBP_BITS) - 1;

  public static final int ADDEND_BITS = 6;
  public static final int DEREF_RBP_SHIFT = RBP_SHIFT + ADDEND_BITS;
  public static final int DEREF_RBP_BITS = RBP_BITS - ADDEND_BITS;
  public static final int DEREF_RBP_LOST = (1 << DEREF_RBP_BITS) - 1;

  /** DEREF types: the caller's rbp is the word rbp points at. */
  public static final int DEREF_RBP_AT_RBP = DEREF_RBP_LOST - 1;

  /** Where a signal frame keeps registers, from rsp (struct rt_sigframe, x86-64 Linux). */
  public static final int SIGNAL_RBP = 120;

  public static final int SIGNAL_RSP = 160;
  public static final int SIGNAL_PC = 168;

  private UnwindRow() {}

  /** A row as the little-endian long its eight bytes make. */
  public static long pack(long pc, int rule) {
    return (long) rule << 32 | pc & 0xffffffffL;
  }

  public static long pc(long row) {
    return row & 0xffffffffL;
  }

  public static int rule(long row) {
    return (int) (row >>> 32);
  }

  public static int type(int rule) {
    return rule & (1 << TYPE_BITS) - 1;
  }

  /**
   * The rule for {@link #RSP} and {@link #RBP}.
   *
   * @param cfaOffset in bytes
   * @param rbpOffset bytes below the CFA at which rbp is saved, 0 when it is unchanged, -1 when it
   *     is lost
   * @return the rule, or {@link #UNFIT} when a number does not fit
   */
  public static int registerRule(int type, long cfaOffset, long rbpOffset) {
    long rbp = rbpOffset == -1 ? RBP_LOST : rbpOffset / 8;
    boolean fits =
        cfaOffset >= 0
            && cfaOffset % 8 == 0
            && cfaOffset / 8 < 1 << CFA_BITS
            && (rbpOffset == -1 || rbpOffset >= 0 && rbpOffset % 8 == 0 && rbp < RBP_LOST);
    return fits ? type | (int) (cfaOffset / 8) << CFA_SHIFT | (int) rbp << RBP_SHIFT : UNFIT;
  }

  /** The rule for {@link #PLT}: from this offset in its 16 bytes on, a word more is pushed. */
  public static int pltRule(int threshold) {
    return PLT | threshold << CFA_SHIFT;
  }

  /**
   * The rule for {@link #RSP_DEREF} and {@link #RBP_DEREF}.
   *
   * @param offset in bytes, from the register to the word read
   * @param addend in bytes, added to that word
   * @param rbp as the field states it
   * @return the rule, or {@link #UNFIT} when a number does not fit
   */
  public static int derefRule(int type, long offset, long addend, long rbp) {
    boolean fits =
        offset % 8 == 0
            && Math.abs(offset / 8) < 1 << (CFA_BITS - 1)
            && addend >= 0
            && addend % 8 == 0
            && addend / 8 < 1 << ADDEND_BITS
            && rbp >= 0
            && rbp <= DEREF_RBP_LOST;
    return fits
        ? type
            | ((int) (offset / 8) & (1 << CFA_BITS) - 1) << CFA_SHIFT
            | (int) (addend / 8) << RBP_SHIFT
            | (int) rbp << DEREF_RBP_SHIFT
        : UNFIT;
  }

  /** Bytes from the register to the CFA, or to the word read; for PLT the threshold times 8. */
  public static int cfaOffset(int rule) {
    int field = rule >>> CFA_SHIFT & (1 << CFA_BITS) - 1;
    int type = type(rule);
    boolean signed = type == RSP_DEREF || type == RBP_DEREF;
    int unused = Integer.SIZE - CFA_BITS;
    return 8 * (signed ? field << unused >> unused : field);
  }

  /** The rbp field of RSP and RBP rules, unscaled. */
  public static int rbpField(int rule) {
    return rule >>> RBP_SHIFT;
  }

  /** Bytes a DEREF rule adds to the word read. */
  public static int addend(int rule) {
    return 8 * (rule >>> RBP_SHIFT & (1 << ADDEND_BITS) - 1);
  }

  /** The rbp field of DEREF rules, unscaled. */
  public static int derefRbpField(int rule) {
    return rule >>> DEREF_RBP_SHIFT;
  }

  /** As {@code rsp+16 rbp@cfa-16}, for messages and tests. */
  public static String text(int rule) {
    int offset = cfaOffset(rule);
    return switch (type(rule)) {
      case GAP -> "gap";
      case RSP -> "rsp%+d rbp %s".formatted(offset, rbpText(rbpField(rule)));
      case RBP -> "rbp%+d rbp %s".formatted(offset, rbpText(rbpField(rule)));
      case END -> "end";
      case PLT -> "plt " + offset / 8;
      case SIGNAL -> "signal";
      case RSP_DEREF -> "[rsp%+d]%+d rbp %s".formatted(offset, addend(rule), derefRbpText(rule));
      case RBP_DEREF -> "[rbp%+d]%+d rbp %s".formatted(offset, addend(rule), derefRbpText(rule));
      case UNFIT -> "unfit";
      case UNSUPPORTED -> "unsupported";
      case CFA_IN_RBX -> "cfa in rbx";
      case FRAME_POINTER -> "frame pointer";
      case START -> "start";
      default -> "type " + type(rule);
    };
  }

  private static String rbpText(int field) {
    return switch (field) {
      case RBP_UNCHANGED -> "same";
      case RBP_LOST -> "lost";
      default -> "@cfa-" + 8 * field;
    };
  }

  private static String derefRbpText(int rule) {
    return switch (derefRbpField(rule)) {
      case RBP_UNCHANGED -> "same";
      case DEREF_RBP_LOST -> "lost";
      case DEREF_RBP_AT_RBP -> "@rbp";
      default -> "@cfa-" + 8 * derefRbpField(rule);
    };
  }
}
