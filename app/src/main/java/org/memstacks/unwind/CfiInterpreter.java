package org.memstacks.unwind;

import static org.memstacks.unwind.CfiState.CFA_AT;
import static org.memstacks.unwind.CfiState.CFA_EXPRESSION;
import static org.memstacks.unwind.CfiState.CFA_LENGTH;
import static org.memstacks.unwind.CfiState.CFA_OFFSET;
import static org.memstacks.unwind.CfiState.CFA_REGISTER;
import static org.memstacks.unwind.CfiState.EXPRESSION;
import static org.memstacks.unwind.CfiState.OFFSET;
import static org.memstacks.unwind.CfiState.OTHER;
import static org.memstacks.unwind.CfiState.RSP_KIND;
import static org.memstacks.unwind.CfiState.SAME;
import static org.memstacks.unwind.CfiState.UNDEFINED;

import java.lang.foreign.MemorySegment;

/**
 * Runs call frame instructions (DWARF 5, 6.4.2, and the GNU extensions of the LSB) and writes a row
 * wherever the rule changes. Holds one function's state at a time, in arrays made once.
 */
final class CfiInterpreter {
  private static final int MAX_REMEMBERED = 64;

  private final CfiState rules;
  private final long[] state = new long[CfiState.SIZE];
  private final long[] remembered = new long[MAX_REMEMBERED * CfiState.SIZE];
  private CfiCursor cursor;
  private int depth;

  CfiInterpreter(MemorySegment section) {
    this.rules = new CfiState(section);
  }

  /** Fills in the state a CIE's initial instructions leave: all that lies before the cursor. */
  void runInitial(Cie cie, CfiCursor instructions) throws MalformedCfi {
    begin(CfiState.initial(), instructions);
    run(cie, 0, 0, null);
    System.arraycopy(state, 0, cie.initial(), 0, CfiState.SIZE);
  }

  /** Writes the rows of the function at [pc, pcEnd), whose instructions lie before the cursor. */
  void runFunction(Cie cie, long pc, long pcEnd, CfiCursor instructions, RowBuffer rows)
      throws MalformedCfi {
    begin(cie.initial(), instructions);
    run(cie, pc, pcEnd, rows);
  }

  private void begin(long[] initial, CfiCursor instructions) {
    System.arraycopy(initial, 0, state, 0, CfiState.SIZE);
    depth = 0;
    cursor = instructions;
  }

  private void run(Cie cie, long pc, long pcEnd, RowBuffer rows) throws MalformedCfi {
    long location = pc;
    boolean changed = true;
    while (cursor.hasMore()) {
      int op = cursor.u8();
      long advance;
      switch (op >>> 6) {
        case 1 -> advance = op & 0x3f;
        case 2 -> {
          offset(op & 0x3f, cursor.uleb() * cie.dataAlignment());
          changed = true;
          continue;
        }
        case 3 -> {
          restore(op & 0x3f, cie);
          changed = true;
          continue;
        }
        default -> {
          advance =
              switch (op) {
                case 0x02 -> cursor.u8();
                case 0x03 -> cursor.u16();
                case 0x04 -> cursor.u32();
                default -> -1;
              };
          if (op == 0x01) {
            long target = cursor.pointer(cie.pointerEncoding());
            if (target < location || cie.codeAlignment() != 1) {
              throw new MalformedCfi("a location that goes back");
            }
            advance = target - location;
          } else if (advance < 0) {
            changed |= extended(op, cie);
            continue;
          }
        }
      }
      if (rows == null) {
        throw new MalformedCfi("a CIE that advances");
      }
      if (changed) {
        rows.add(location, rules.rule(state, cie.signalFrame()));
        changed = false;
      }
      long next = location + advance * cie.codeAlignment();
      if (next < location || next >= pcEnd) {
        return;
      }
      location = next;
    }
    if (rows != null && changed) {
      rows.add(location, rules.rule(state, cie.signalFrame()));
    }
  }

  /** The instructions with an opcode byte of their own; false when nothing of interest changed. */
  private boolean extended(int op, Cie cie) throws MalformedCfi {
    switch (op) {
      case 0x00 -> {
        return false;
      }
      case 0x05 -> offset(cursor.uleb(), cursor.uleb() * cie.dataAlignment());
      case 0x06 -> restore(cursor.uleb(), cie);
      case 0x07 -> kind(cursor.uleb(), UNDEFINED);
      case 0x08 -> kind(cursor.uleb(), SAME);
      case 0x09 -> {
        kind(cursor.uleb(), OTHER);
        cursor.uleb();
      }
      case 0x0a -> remember();
      case 0x0b -> restoreState();
      case 0x0c -> cfa(cursor.uleb(), cursor.uleb());
      case 0x0d -> cfa(cursor.uleb(), state[CFA_OFFSET]);
      case 0x0e -> cfa(state[CFA_REGISTER], cursor.uleb());
      case 0x0f -> {
        state[CFA_REGISTER] = CFA_EXPRESSION;
        state[CFA_LENGTH] = cursor.uleb();
        state[CFA_AT] = cursor.at();
        cursor.skip(state[CFA_LENGTH]);
      }
      case 0x10 -> expression(cursor.uleb());
      case 0x11 -> offset(cursor.uleb(), cursor.sleb() * cie.dataAlignment());
      case 0x12 -> cfa(cursor.uleb(), cursor.sleb() * cie.dataAlignment());
      case 0x13 -> cfa(state[CFA_REGISTER], cursor.sleb() * cie.dataAlignment());
      case 0x14 -> {
        kind(cursor.uleb(), OTHER);
        cursor.uleb();
      }
      case 0x15 -> {
        kind(cursor.uleb(), OTHER);
        cursor.sleb();
      }
      case 0x16 -> {
        kind(cursor.uleb(), OTHER);
        cursor.skip(cursor.uleb());
      }
      case 0x2e -> {
        // GNU_args_size matters to landing pads only.
        cursor.uleb();
        return false;
      }
      case 0x2f -> offset(cursor.uleb(), -(cursor.uleb() * cie.dataAlignment()));
      default -> throw new MalformedCfi("call frame instruction " + op);
    }
    return true;
  }

  private void cfa(long register, long offset) {
    state[CFA_REGISTER] =
        register >= 0 && register < Integer.MAX_VALUE ? register : Integer.MAX_VALUE;
    state[CFA_OFFSET] = offset;
  }

  private void kind(long register, int kind) {
    int at = CfiState.kindIndex(register);
    if (at >= 0) {
      state[at] = kind;
    }
  }

  private void offset(long register, long offset) {
    int at = CfiState.kindIndex(register);
    if (at >= 0) {
      state[at] = OFFSET;
      if (at != RSP_KIND) {
        state[at + 1] = offset;
      }
    }
  }

  private void expression(long register) throws MalformedCfi {
    int at = CfiState.kindIndex(register);
    long length = cursor.uleb();
    if (at >= 0) {
      state[at] = EXPRESSION;
      if (at != RSP_KIND) {
        state[at + 2] = cursor.at();
        state[at + 3] = length;
      }
    }
    cursor.skip(length);
  }

  private void restore(long register, Cie cie) {
    int at = CfiState.kindIndex(register);
    if (at >= 0) {
      System.arraycopy(cie.initial(), at, state, at, at == RSP_KIND ? 1 : 4);
    }
  }

  private void remember() throws MalformedCfi {
    if (depth == MAX_REMEMBERED) {
      throw new MalformedCfi("states remembered too deep");
    }
    System.arraycopy(state, 0, remembered, depth++ * CfiState.SIZE, CfiState.SIZE);
  }

  private void restoreState() throws MalformedCfi {
    if (depth == 0) {
      throw new MalformedCfi("no state to restore");
    }
    System.arraycopy(remembered, --depth * CfiState.SIZE, state, 0, CfiState.SIZE);
  }
}
