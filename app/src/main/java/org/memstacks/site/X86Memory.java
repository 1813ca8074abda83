package org.memstacks.site;

/** What x86-64 instructions do in memory. Whatever is not known to leave it alone may write. */
final class X86Memory {
  private X86Memory() {}

  static MemoryAccess of(X86Encoding e) {
    if (!e.vex() && e.map() == 0) {
      switch (e.opcode()) {
        case 0x50, 0x51, 0x52, 0x53, 0x54, 0x55, 0x56, 0x57 -> {
          return new MemoryAccess.Push(e.opcodeRegister());
        }
        case 0x58, 0x59, 0x5a, 0x5b, 0x5c, 0x5d, 0x5e, 0x5f -> {
          return new MemoryAccess.Pop(e.opcodeRegister());
        }
        case 0xa2, 0xa3, 0xa4, 0xa5, 0xaa, 0xab, 0x6c, 0x6d -> {
          return MemoryAccess.OTHER;
        }
        default -> {}
      }
    }
    return !e.hasModrm() || e.direct() ? MemoryAccess.NONE : ofOperand(e);
  }

  private static MemoryAccess ofOperand(X86Encoding e) {
    if (e.vex() || e.map() > 1) {
      return MemoryAccess.OTHER;
    }
    if (e.map() == 1) {
      return reads(e) ? MemoryAccess.NONE : MemoryAccess.OTHER;
    }
    boolean plain = e.plainBase() >= 0 && !e.has(X86Encoding.PREFIX_67);
    boolean ofThread = e.has(X86Encoding.PREFIX_THREAD_SEGMENT);
    return switch (e.opcode()) {
      case 0x89 ->
          plain && e.wide() && !ofThread
              ? new MemoryAccess.Store(e.reg(), e.plainBase(), e.displacement())
              : MemoryAccess.OTHER;
      case 0x8b ->
          plain && e.wide() && !ofThread
              ? new MemoryAccess.Load(e.reg(), e.plainBase(), e.displacement())
              : MemoryAccess.NONE;
      case 0xc7 ->
          plain && !e.wide() && e.displacement() == 0
              ? new MemoryAccess.StoredConstant(e.plainBase(), ofThread)
              : MemoryAccess.OTHER;
      case 0x63, 0x84, 0x85, 0x8a, 0x8d -> MemoryAccess.NONE;
      case 0x80, 0x81, 0x83 -> e.group() == 7 ? MemoryAccess.NONE : MemoryAccess.OTHER;
      case 0xf6, 0xf7 -> e.group() == 2 || e.group() == 3 ? MemoryAccess.OTHER : MemoryAccess.NONE;
      case 0xff ->
          e.group() == 2 || e.group() == 4 || e.group() == 6
              ? MemoryAccess.NONE
              : MemoryAccess.OTHER;
      default -> {
        boolean compares = e.opcode() >= 0x38 && e.opcode() < 0x40;
        boolean toRegister = e.opcode() < 0x40 && (e.opcode() & 7) >= 2;
        yield compares || toRegister ? MemoryAccess.NONE : MemoryAccess.OTHER;
      }
    };
  }

  /** movzx, movsx, imul, conditional moves, hints, and vector loads. */
  private static boolean reads(X86Encoding e) {
    return switch (e.opcode()) {
      case 0x10, 0x12, 0x16, 0x18, 0x1e, 0x1f, 0x28, 0x6e, 0x6f, 0xa3 -> true;
      case 0xaf, 0xb6, 0xb7, 0xbe, 0xbf -> true;
      default -> e.opcode() >> 4 == 4;
    };
  }
}
