package org.memstacks.site;

import java.util.Optional;

/**
 * Finds the parts and so the length of an x86-64 instruction, from the opcode maps of the Intel 64
 * and AMD64 manuals. What compilers do not emit (far branches, 3DNow!, XOP, 16-bit branches) is not
 * decoded rather than guessed.
 */
final class X86Decoder {
  static final int MAX_LENGTH = 15;

  // What follows each opcode: '.' nothing, 'm' ModRM, 'b' 'w' 'z' an immediate of 8, 16, and 16 or
  // 32 bits, 'v' one of 16, 32 or 64, 'M' 'Z' ModRM and an immediate of 8, and of 16 or 32 bits,
  // 'j' 'J' a branch displacement of 8 and of 32 bits, 'o' an absolute address, 'e' enter's 24
  // bits,
  // '3' 'T' the unary group with 8 and with 16 or 32 bits, 'x' not decoded.
  private static final String ONE_BYTE =
      "mmmmbzxxmmmmbzxx" // 00
          + "mmmmbzxxmmmmbzxx" // 10
          + "mmmmbzxxmmmmbzxx" // 20
          + "mmmmbzxxmmmmbzxx" // 30
          + "xxxxxxxxxxxxxxxx" // 40
          + "................" // 50
          + "xxxmxxxxzZbM...." // 60
          + "jjjjjjjjjjjjjjjj" // 70
          + "MZxMmmmmmmmmmmmm" // 80
          + "..........x....." // 90
          + "oooo....bz......" // a0
          + "bbbbbbbbvvvvvvvv" // b0
          + "MMw.xxMZe.w..bx." // c0
          + "mmmmxxx.mmmmmmmm" // d0
          + "jjjjbbbbJJxj...." // e0
          + "x.xx..3T......mm"; // f0

  private static final String TWO_BYTE =
      "mmmmx.....x.xm.x" // 00
          + "mmmmmmmmmmmmmmmm" // 10
          + "mmmmxxxxmmmmmmmm" // 20
          + "......x.xxxxxxxx" // 30
          + "mmmmmmmmmmmmmmmm" // 40
          + "mmmmmmmmmmmmmmmm" // 50
          + "mmmmmmmmmmmmmmmm" // 60
          + "MMMMmmm.mmxxmmmm" // 70
          + "JJJJJJJJJJJJJJJJ" // 80
          + "mmmmmmmmmmmmmmmm" // 90
          + "...mMmxx...mMmmm" // a0
          + "mmmmmmmmmmMmmmmm" // b0
          + "mmMmMMMm........" // c0
          + "mmmmmmmmmmmmmmmm" // d0
          + "mmmmmmmmmmmmmmmm" // e0
          + "mmmmmmmmmmmmmmmm"; // f0

  private final byte[] code;
  private final long address;
  private final int start;
  private final int end;

  private int at;
  private boolean cutShort;
  private int prefixes;
  private int rex;
  private boolean vex;
  private int vvvv = -1;
  private int map;
  private int modrm = -1;
  private int sib = -1;
  private long displacement;

  private X86Decoder(byte[] code, int offset, long address) {
    this.code = code;
    this.address = address;
    this.start = offset;
    this.end = Math.min(code.length, offset + MAX_LENGTH);
    this.at = offset;
  }

  /** Decodes the instruction at {@code offset}; empty if it is cut short or not understood. */
  static Optional<X86Encoding> decode(byte[] code, int offset, long address) {
    return new X86Decoder(code, offset, address).decode();
  }

  private Optional<X86Encoding> decode() {
    int opcode = skipPrefixes();
    char form = form(opcode);
    if (form == 'V') {
      opcode = vexOpcode(opcode);
      form = opcode < 0 ? 'x' : vexForm(opcode);
    } else if (form == 'E') {
      opcode = take();
      form = escaped(opcode);
      if (form == 'S') {
        opcode = take();
        form = map == 2 ? 'm' : 'M';
      }
    }
    if (form == 'x') {
      return Optional.empty();
    }
    long immediate = operands(form);
    if (cutShort || misread(opcode)) {
      return Optional.empty();
    }
    return Optional.of(
        new X86Encoding(
            address,
            at - start,
            prefixes,
            rex,
            vex,
            vvvv,
            map,
            opcode,
            modrm,
            sib,
            displacement,
            immediate));
  }

  /** Takes the prefixes and the byte behind them. */
  private int skipPrefixes() {
    while (true) {
      int b = take();
      int prefix =
          switch (b) {
            case 0x66 -> X86Encoding.PREFIX_66;
            case 0xf2 -> X86Encoding.PREFIX_F2;
            case 0xf3 -> X86Encoding.PREFIX_F3;
            case 0xf0 -> X86Encoding.PREFIX_LOCK;
            case 0x26, 0x2e, 0x36, 0x3e -> X86Encoding.PREFIX_OLD_SEGMENT;
            case 0x64, 0x65 -> X86Encoding.PREFIX_THREAD_SEGMENT;
            case 0x67 -> X86Encoding.PREFIX_67;
            default -> 0;
          };
      if (prefix != 0) {
        prefixes |= prefix;
        rex = 0; // REX counts only directly before the opcode.
      } else if (b >> 4 == 4) {
        rex = b;
      } else {
        return b;
      }
    }
  }

  /** The form of a one-byte opcode, 'E' for the escape to other maps, 'V' for VEX and EVEX. */
  private char form(int opcode) {
    return switch (opcode) {
      case 0x0f -> 'E';
      case 0xc4, 0xc5, 0x62 -> rex == 0 ? 'V' : 'x';
      default -> ONE_BYTE.charAt(opcode);
    };
  }

  /** The form of the opcode behind 0f, 'S' if it escapes further. */
  private char escaped(int opcode) {
    map =
        switch (opcode) {
          case 0x38 -> 2;
          case 0x3a -> 3;
          default -> 1;
        };
    return map == 1 ? TWO_BYTE.charAt(opcode) : 'S';
  }

  private int vexOpcode(int escape) {
    vex = true;
    int payload = take();
    // The high bits are stored inverted, at REX's R, X and B turned round.
    rex = (~payload >> 5 & 4);
    if (escape == 0xc5) {
      map = 1;
      vvvv = ~payload >> 3 & 15;
      return take();
    }
    rex |= (~payload >> 5 & 2) | (~payload >> 5 & 1);
    map = payload & (escape == 0x62 ? 7 : 31);
    int second = take();
    rex |= second >> 4 & 8;
    vvvv = ~second >> 3 & 15;
    if (escape == 0x62) {
      take();
    }
    return map >= 1 && map <= 3 || escape == 0x62 && (map == 5 || map == 6) ? take() : -1;
  }

  private char vexForm(int opcode) {
    return switch (map) {
      case 1 ->
          switch (opcode) {
            case 0x77 -> '.';
            case 0x70, 0x71, 0x72, 0x73, 0xc2, 0xc4, 0xc5, 0xc6 -> 'M';
            default -> 'm';
          };
      case 3 -> 'M';
      default -> 'm';
    };
  }

  private long operands(char form) {
    boolean narrow = (prefixes & X86Encoding.PREFIX_66) != 0 && (rex & 8) == 0;
    int half = narrow ? 2 : 4;
    return switch (form) {
      case 'b', 'j' -> immediate(1);
      case 'w' -> immediate(2);
      case 'z' -> immediate(half);
      case 'J' -> immediate(4);
      case 'v' -> immediate((rex & 8) != 0 ? 8 : half);
      case 'o' -> immediate((prefixes & X86Encoding.PREFIX_67) != 0 ? 4 : 8);
      case 'e' -> immediate(3);
      case 'm' -> memory();
      case 'M' -> memory() + immediate(1);
      case 'Z' -> memory() + immediate(half);
      case '3' -> memory() + ((modrm >> 3 & 7) < 2 ? immediate(1) : 0);
      case 'T' -> memory() + ((modrm >> 3 & 7) < 2 ? immediate(half) : 0);
      default -> 0;
    };
  }

  /** Takes ModRM, SIB and displacement; 0, for the sake of {@link #operands}. */
  private long memory() {
    modrm = take();
    int mod = modrm >> 6;
    if (mod == 3) {
      return 0;
    }
    boolean wideDisplacement = mod == 2;
    if ((modrm & 7) == 4) {
      sib = take();
      wideDisplacement |= mod == 0 && (sib & 7) == 5;
    } else {
      wideDisplacement |= mod == 0 && (modrm & 7) == 5;
    }
    if (wideDisplacement) {
      displacement = immediate(4);
    } else if (mod == 1) {
      displacement = immediate(1);
    }
    return 0;
  }

  /** Encodings that the tables would give a wrong length or meaning. */
  private boolean misread(int opcode) {
    boolean narrow = (prefixes & X86Encoding.PREFIX_66) != 0 && (rex & 8) == 0;
    int group = modrm >> 3 & 7;
    if (vex) {
      return false;
    }
    return switch (map) {
      case 0 ->
          switch (opcode) {
            case 0x8f -> group != 0; // XOP
            case 0xe8, 0xe9, 0xeb -> narrow; // Intel ignores the prefix, AMD does not.
            case 0xc6 -> group != 0;
            case 0xc7 -> group != 0; // xbegin branches
            case 0xff -> group == 7;
            default -> opcode >= 0x70 && opcode < 0x80 && narrow;
          };
      case 1 ->
          switch (opcode) {
            case 0x78, 0x79 -> true; // SSE4a has immediates here, VMX has not.
            default -> opcode >= 0x80 && opcode < 0x90 && narrow;
          };
      default -> false;
    };
  }

  private long immediate(int bytes) {
    long value = 0;
    for (int i = 0; i < bytes; i++) {
      value |= (long) take() << 8 * i;
    }
    int unused = 64 - 8 * bytes;
    return value << unused >> unused;
  }

  /** The next byte; a zero and a note of it where the bytes end inside an instruction. */
  private int take() {
    if (at >= end) {
      cutShort = true;
      return 0;
    }
    return code[at++] & 0xff;
  }
}
