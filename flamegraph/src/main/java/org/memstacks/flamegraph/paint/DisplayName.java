package org.memstacks.flamegraph.paint;

import java.nio.charset.StandardCharsets;
import org.memstacks.flamegraph.tree.NameText;

/**
 * Names as people see them: bytes that are not UTF-8 as {@code \xNN}; control characters, what XML
 * forbids, line separators and bidirectional controls as {@code \xNN} or {@code \}{@code u{N}}.
 */
public final class DisplayName {
  private static final char[] HEX = "0123456789abcdef".toCharArray();

  private DisplayName() {}

  /** The visible form of a name. */
  public static String of(byte[] name) {
    boolean plain = true;
    for (byte b : name) {
      plain &= b >= 0x20 && b < 0x7F;
    }
    return plain
        ? new String(name, StandardCharsets.ISO_8859_1)
        : escape(NameText.characters(name));
  }

  /** The visible form of a text given by the user. */
  public static String of(String text) {
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c < 0x20 || c >= 0x7F) {
        return escape(text.codePoints().toArray());
      }
    }
    return text;
  }

  private static String escape(int[] characters) {
    StringBuilder out = new StringBuilder(characters.length + 16);
    for (int c : characters) {
      if (c < 0) {
        hexByte(out, ~c);
      } else if (c < 0x20 || c == 0x7F) {
        hexByte(out, c);
      } else if (isHidden(c)) {
        out.append("\\u{").append(Integer.toHexString(c)).append('}');
      } else {
        out.appendCodePoint(c);
      }
    }
    return out.toString();
  }

  private static void hexByte(StringBuilder out, int b) {
    out.append("\\x").append(HEX[b >> 4]).append(HEX[b & 15]);
  }

  private static boolean isHidden(int c) {
    return (c >= 0x80 && c <= 0x9F)
        || c == 0x061C
        || c == 0x200E
        || c == 0x200F
        || (c >= 0x2028 && c <= 0x202E)
        || (c >= 0x2066 && c <= 0x2069)
        || (c >= 0xD800 && c <= 0xDFFF)
        || c == 0xFEFF
        || (c & 0xFFFE) == 0xFFFE;
  }
}
