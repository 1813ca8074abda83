package org.memstacks.site;

import static org.memstacks.site.Instruction.FLAGS;
import static org.memstacks.site.X86InstructionSet.R11;
import static org.memstacks.site.X86InstructionSet.R8;
import static org.memstacks.site.X86InstructionSet.RAX;
import static org.memstacks.site.X86InstructionSet.RBP;
import static org.memstacks.site.X86InstructionSet.RBX;
import static org.memstacks.site.X86InstructionSet.RCX;
import static org.memstacks.site.X86InstructionSet.RDI;
import static org.memstacks.site.X86InstructionSet.RDX;
import static org.memstacks.site.X86InstructionSet.RSI;
import static org.memstacks.site.X86InstructionSet.RSP;

/**
 * The general registers an x86-64 instruction may write. Where a form writes only sometimes (a
 * conditional move, one opcode of several under the same number) it counts as writing; the vector,
 * x87 and mask registers are left out.
 */
final class X86Writes {
  private static final long STACK = 1L << RSP;

  /** What a called function may change: all but rbx, rbp, r12 to r15 and, after its return, rsp. */
  private static final long CALLER_SAVED =
      FLAGS | 1L << RAX | 1L << RCX | 1L << RDX | 1L << RSI | 1L << RDI | 0xfL << R8;

  private X86Writes() {}

  static long of(X86Encoding e, Flow flow) {
    if (flow.calls()) {
      return CALLER_SAVED;
    }
    if (e.vex()) {
      return ofVector(e);
    }
    return switch (e.map()) {
      case 0 -> ofOneByte(e);
      case 1 -> ofTwoBytes(e);
      case 2 -> e.opcode() >= 0xf0 ? FLAGS | 1L << e.reg() : FLAGS;
      default -> ofThreeBytes(e);
    };
  }

  private static long ofOneByte(X86Encoding e) {
    int opcode = e.opcode();
    boolean bytes = (opcode & 1) == 0;
    if (opcode < 0x40) {
      boolean compares = opcode >= 0x38;
      return FLAGS
          | switch (opcode & 7) {
            case 0, 1 -> compares ? 0 : rm(e, bytes);
            case 2, 3 -> compares ? 0 : reg(e, bytes);
            default -> compares ? 0 : 1L << RAX;
          };
    }
    return switch (opcode) {
      case 0x50, 0x51, 0x52, 0x53, 0x54, 0x55, 0x56, 0x57, 0x68, 0x6a, 0x9c -> STACK;
      case 0x58, 0x59, 0x5a, 0x5b, 0x5c, 0x5d, 0x5e, 0x5f -> STACK | 1L << e.opcodeRegister();
      case 0x63, 0x8b, 0x8d -> 1L << e.reg();
      case 0x69, 0x6b -> FLAGS | 1L << e.reg();
      case 0x6c, 0x6d, 0x6e, 0x6f, 0xa4, 0xa5, 0xa6, 0xa7 -> FLAGS | strings();
      case 0x80, 0x81, 0x83 -> FLAGS | (e.group() == 7 ? 0 : rm(e, bytes));
      case 0x84, 0x85, 0xa8, 0xa9 -> FLAGS;
      case 0x86, 0x87 -> rm(e, bytes) | reg(e, bytes);
      case 0x88, 0x89, 0x8c, 0xc6, 0xc7 -> rm(e, bytes && opcode != 0x8c);
      case 0x8a -> reg(e, true);
      case 0x8e, 0x9b, 0xa2, 0xa3 -> 0;
      case 0x8f -> STACK | rm(e, false);
      case 0x90 -> (e.rex() & 1) == 0 ? 0 : 1L << RAX | 1L << e.opcodeRegister();
      case 0x91, 0x92, 0x93, 0x94, 0x95, 0x96, 0x97 -> 1L << RAX | 1L << e.opcodeRegister();
      case 0x98, 0x9f, 0xa0, 0xa1, 0xd7 -> 1L << RAX;
      case 0x99 -> 1L << RDX;
      case 0x9d -> FLAGS | STACK;
      case 0xaa, 0xab, 0xac, 0xad, 0xae, 0xaf -> FLAGS | strings() | 1L << RAX;
      case 0xb0, 0xb1, 0xb2, 0xb3, 0xb4, 0xb5, 0xb6, 0xb7 -> byteRegister(e, e.opcodeRegister());
      case 0xb8, 0xb9, 0xba, 0xbb, 0xbc, 0xbd, 0xbe, 0xbf -> 1L << e.opcodeRegister();
      case 0xc0, 0xc1, 0xd0, 0xd1, 0xd2, 0xd3 -> FLAGS | rm(e, bytes);
      case 0xc2, 0xc3, 0xca, 0xcb -> STACK;
      case 0xc8, 0xc9 -> STACK | 1L << RBP;
      case 0xe0, 0xe1, 0xe2 -> 1L << RCX;
      case 0xe3, 0xe9, 0xeb -> 0;
      case 0xf6, 0xf7 ->
          FLAGS
              | switch (e.group()) {
                case 0, 1 -> 0;
                case 2, 3 -> rm(e, bytes);
                default -> 1L << RAX | 1L << RDX;
              };
      case 0xfe -> FLAGS | rm(e, true);
      case 0xff ->
          switch (e.group()) {
            case 0, 1 -> FLAGS | rm(e, false);
            case 6 -> STACK;
            default -> 0;
          };
      case 0xcc, 0xcd, 0xcf, 0xf1, 0xf4 -> Instruction.EVERYTHING;
      // Flag operations; x87, of which fnstsw writes ax; ports.
      default -> opcode >> 4 == 7 ? 0 : FLAGS | 1L << RAX;
    };
  }

  private static long ofTwoBytes(X86Encoding e) {
    return switch (e.opcode()) {
      case 0x00, 0x20, 0x21, 0x22, 0x23 -> FLAGS | rm(e, false);
      case 0x01 -> FLAGS | rm(e, false) | 1L << RAX | 1L << RCX | 1L << RDX;
      case 0x02, 0x03, 0xaf, 0xbc, 0xbd, 0xb8 -> FLAGS | 1L << e.reg();
      case 0x05 -> FLAGS | 1L << RAX | 1L << RCX | 1L << R11;
      case 0x2c, 0x2d, 0x50, 0xc5, 0xd7 -> 1L << e.reg();
      case 0xb6, 0xb7, 0xbe, 0xbf -> 1L << e.reg();
      case 0x30, 0x31, 0x32, 0x33, 0x37, 0xa2 ->
          FLAGS | 1L << RAX | 1L << RBX | 1L << RCX | 1L << RDX;
      case 0x1e -> e.group() == 1 && e.has(X86Encoding.PREFIX_F3) ? rm(e, false) : 0; // rdssp
      case 0x7e -> rm(e, false);
      case 0xa0, 0xa1, 0xa8, 0xa9 -> STACK;
      case 0xa3 -> FLAGS;
      case 0xa4, 0xa5, 0xab, 0xac, 0xad, 0xae, 0xb3, 0xba, 0xbb -> FLAGS | rm(e, false);
      case 0xb0, 0xb1 -> FLAGS | 1L << RAX | rm(e, e.opcode() == 0xb0);
      case 0xc0, 0xc1 -> FLAGS | rm(e, e.opcode() == 0xc0) | reg(e, e.opcode() == 0xc0);
      case 0xc7 -> FLAGS | 1L << RAX | 1L << RDX | rm(e, false);
      case 0xc8, 0xc9, 0xca, 0xcb, 0xcc, 0xcd, 0xce, 0xcf -> 1L << e.opcodeRegister();
      case 0x2e, 0x2f -> FLAGS;
      case 0x0b, 0xb9, 0xff, 0x07, 0x34, 0x35 -> Instruction.EVERYTHING;
      default ->
          switch (e.opcode() >> 4) {
            case 4 -> 1L << e.reg();
            case 8 -> 0;
            case 9 -> rm(e, true);
            default -> 0;
          };
    };
  }

  private static long ofThreeBytes(X86Encoding e) {
    return switch (e.opcode()) {
      case 0x14, 0x15, 0x16, 0x17 -> rm(e, false);
      case 0x60, 0x61, 0x62, 0x63 -> FLAGS | 1L << RCX;
      default -> 0;
    };
  }

  /** VEX and EVEX: most write vector registers only. */
  private static long ofVector(X86Encoding e) {
    return FLAGS
        | switch (e.map()) {
          case 1 ->
              switch (e.opcode()) {
                case 0x2c, 0x2d, 0x50, 0x78, 0x79, 0x93, 0xc5, 0xd7 -> 1L << e.reg();
                case 0x7e -> rm(e, false);
                default -> 0;
              };
          case 2 -> e.opcode() >= 0xe0 ? 1L << e.reg() | 1L << e.vvvv() | rm(e, false) : 0;
          case 3 -> e.opcode() >= 0xf0 ? 1L << e.reg() : ofThreeBytes(e);
          case 5 -> e.opcode() == 0x7e ? rm(e, false) : 1L << e.reg();
          default -> 0;
        };
  }

  private static long strings() {
    return 1L << RDI | 1L << RSI | 1L << RCX;
  }

  private static long rm(X86Encoding e, boolean bytes) {
    if (!e.direct()) {
      return 0;
    }
    return bytes ? byteRegister(e, e.rm()) : 1L << e.rm();
  }

  private static long reg(X86Encoding e, boolean bytes) {
    return bytes ? byteRegister(e, e.reg()) : 1L << e.reg();
  }

  /** Without REX, the byte registers 4 to 7 are the second bytes of rax, rcx, rdx and rbx. */
  private static long byteRegister(X86Encoding e, int register) {
    return 1L << (e.rex() == 0 && register >= 4 ? register - 4 : register);
  }
}
