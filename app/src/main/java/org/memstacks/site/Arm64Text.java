package org.memstacks.site;

import static org.memstacks.site.Arm64Flow.is;

/** An A64 instruction for people: the ones that begin functions by name, the rest as a word. */
final class Arm64Text {
  private static final String[] CONDITIONS = {
    "eq", "ne", "cs", "cc", "mi", "pl", "vs", "vc", "hi", "ls", "ge", "lt", "gt", "le", "al", "nv"
  };

  private Arm64Text() {}

  static String of(int word, long address) {
    String target = "0x" + Long.toHexString(Arm64Flow.target(word, address));
    String register = (word < 0 ? "x" : "w") + (word & 31);
    if (is(word, 0x7c000000, 0x14000000)) {
      return (word < 0 ? "bl " : "b ") + target;
    }
    if (is(word, 0xff000010, 0x54000000)) {
      return "b." + CONDITIONS[word & 15] + " " + target;
    }
    if (is(word, 0x7e000000, 0x34000000)) {
      return ((word & 1 << 24) == 0 ? "cbz " : "cbnz ") + register + ", " + target;
    }
    if (is(word, 0x7e000000, 0x36000000)) {
      int bit = word >>> 26 & 32 | word >>> 19 & 31;
      return ((word & 1 << 24) == 0 ? "tbz " : "tbnz ")
          + "%s, #%d, %s".formatted(register, bit, target);
    }
    if (is(word, 0x1f000000, 0x10000000)) {
      return (word < 0 ? "adrp x" : "adr x") + (word & 31);
    }
    if (is(word, 0xffc07fff, 0xa9807bfd)) {
      return "stp x29, x30, [sp, #%d]!".formatted(Arm64Flow.signed(word, 15, 7) * 8);
    }
    return switch (word) {
      case 0xd503201f -> "nop";
      case 0xd503233f -> "paciasp";
      case 0xd503237f -> "pacibsp";
      case 0xd503245f -> "bti c";
      case 0xd503249f -> "bti j";
      case 0xd65f03c0 -> "ret";
      default -> "instruction 0x%08x".formatted(word);
    };
  }
}
