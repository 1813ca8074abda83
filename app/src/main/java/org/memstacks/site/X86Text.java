package org.memstacks.site;

/**
 * An x86-64 instruction for people, in AT&amp;T syntax. The instructions worth probing are given
 * with their operands, other common ones by mnemonic, the rest by opcode.
 */
final class X86Text {
  private static final String[] ARITHMETIC = {
    "add", "or", "adc", "sbb", "and", "sub", "xor", "cmp"
  };
  private static final String[] SHIFTS = {"rol", "ror", "rcl", "rcr", "shl", "shr", "shl", "sar"};
  private static final String[] UNARY = {
    "test", "test", "not", "neg", "mul", "imul", "div", "idiv"
  };
  private static final String[] CONDITIONS = {
    "o", "no", "b", "ae", "e", "ne", "be", "a", "s", "ns", "p", "np", "l", "ge", "le", "g"
  };

  private X86Text() {}

  static String of(X86Encoding e) {
    String bare =
        e.vex()
            ? opcode(e)
            : switch (e.map()) {
              case 0 -> ofOneByte(e);
              case 1 -> ofTwoBytes(e);
              default -> opcode(e);
            };
    return e.has(X86Encoding.PREFIX_LOCK) ? "lock " + bare : bare;
  }

  private static String ofOneByte(X86Encoding e) {
    int opcode = e.opcode();
    if (opcode < 0x40) {
      return ARITHMETIC[opcode >> 3] + registers(e);
    }
    return switch (opcode) {
      case 0x50, 0x51, 0x52, 0x53, 0x54, 0x55, 0x56, 0x57 ->
          "push %" + X86InstructionSet.name(e.opcodeRegister());
      case 0x58, 0x59, 0x5a, 0x5b, 0x5c, 0x5d, 0x5e, 0x5f ->
          "pop %" + X86InstructionSet.name(e.opcodeRegister());
      case 0x63 -> "movslq";
      case 0x68, 0x6a -> "push $" + hex(e.immediate());
      case 0x69, 0x6b -> "imul";
      case 0x80, 0x81, 0x83 -> ARITHMETIC[e.group()] + immediate(e);
      case 0x84, 0x85 -> "test" + registers(e);
      case 0x86, 0x87 -> "xchg";
      case 0x88, 0x89, 0x8a, 0x8b -> "mov" + registers(e);
      case 0x8d -> "lea";
      case 0x90 -> nop(e);
      case 0xb8, 0xb9, 0xba, 0xbb, 0xbc, 0xbd, 0xbe, 0xbf, 0xc6, 0xc7 -> "mov";
      case 0xc0, 0xc1, 0xd0, 0xd1, 0xd2, 0xd3 -> SHIFTS[e.group()];
      case 0xc2, 0xc3 -> "ret";
      case 0xc9 -> "leave";
      case 0xcc -> "int3";
      case 0xe3 -> "jrcxz";
      case 0xe8 -> "call " + hex(e.next() + e.immediate());
      case 0xe9, 0xeb -> "jmp " + hex(e.next() + e.immediate());
      case 0xf4 -> "hlt";
      case 0xf6, 0xf7 -> UNARY[e.group()];
      case 0xff ->
          switch (e.group()) {
            case 0 -> "inc";
            case 1 -> "dec";
            case 2, 3 -> "call *";
            case 4, 5 -> "jmp *";
            default -> "push";
          };
      default -> opcode >> 4 == 7 ? branch(e) : opcode(e);
    };
  }

  private static String ofTwoBytes(X86Encoding e) {
    return switch (e.opcode()) {
      case 0x05 -> "syscall";
      case 0x0b -> "ud2";
      case 0x1e -> e.has(X86Encoding.PREFIX_F3) && e.modrm() == 0xfa ? "endbr64" : "nop";
      case 0x1f -> "nop (" + e.length() + " bytes)";
      case 0xaf -> "imul";
      case 0xb6, 0xb7 -> "movzx";
      case 0xbe, 0xbf -> "movsx";
      default ->
          switch (e.opcode() >> 4) {
            case 4 -> "cmov" + CONDITIONS[e.opcode() & 15];
            case 8 -> branch(e);
            case 9 -> "set" + CONDITIONS[e.opcode() & 15];
            default -> opcode(e);
          };
    };
  }

  private static String branch(X86Encoding e) {
    return "j" + CONDITIONS[e.opcode() & 15] + " " + hex(e.next() + e.immediate());
  }

  private static String nop(X86Encoding e) {
    if ((e.rex() & 1) != 0) {
      return "xchg %r8,%rax";
    }
    if (e.has(X86Encoding.PREFIX_F3)) {
      return "pause";
    }
    return e.length() == 1 ? "nop" : "nop (" + e.length() + " bytes)";
  }

  /** The operands of a 64-bit instruction on two registers. */
  private static String registers(X86Encoding e) {
    if (!e.direct() || !e.wide()) {
      return "";
    }
    String rm = X86InstructionSet.name(e.rm());
    String reg = X86InstructionSet.name(e.reg());
    boolean toReg = (e.opcode() & 2) != 0;
    boolean test = e.opcode() == 0x85;
    return toReg && !test ? " %" + rm + ",%" + reg : " %" + reg + ",%" + rm;
  }

  private static String immediate(X86Encoding e) {
    return e.direct() && e.wide()
        ? " $" + hex(e.immediate()) + ",%" + X86InstructionSet.name(e.rm())
        : "";
  }

  private static String opcode(X86Encoding e) {
    String map =
        switch (e.map()) {
          case 0 -> "";
          case 1 -> "0f ";
          case 2 -> "0f 38 ";
          case 3 -> "0f 3a ";
          default -> "map " + e.map() + " ";
        };
    return "%sopcode %s%02x".formatted(e.vex() ? "vector " : "", map, e.opcode());
  }

  private static String hex(long value) {
    return value < 0 ? "-0x" + Long.toHexString(-value) : "0x" + Long.toHexString(value);
  }
}
