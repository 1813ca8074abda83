package org.memstacks.flamegraph.paint;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;

/**
 * Writes UTF-8 through a buffer. {@code raw} is for text of our own; everything else that comes
 * from the input or an option goes through {@link #text} or {@link #escaped}, which escape it for
 * content and quoted attributes alike.
 */
final class XmlOut {
  private static final int ROOM_FOR_NUMBER = 32;
  private static final double LARGEST_HUNDREDTHS = 1e15;

  private final OutputStream out;
  private final byte[] buffer = new byte[1 << 16];
  private int filled;

  XmlOut(OutputStream out) {
    this.out = out;
  }

  /** Text of our own as bytes, to be written again and again. */
  static byte[] bytes(String ownText) {
    return ownText.getBytes(StandardCharsets.UTF_8);
  }

  /** Any text, escaped, as bytes. */
  static byte[] escaped(String text) {
    StringBuilder escaped = null;
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      String entity = entity(c);
      if (entity != null && escaped == null) {
        escaped = new StringBuilder(text.length() + 16).append(text, 0, i);
      }
      if (escaped != null) {
        if (entity == null) {
          escaped.append(c);
        } else {
          escaped.append(entity);
        }
      }
    }
    return bytes(escaped == null ? text : escaped.toString());
  }

  private static String entity(char c) {
    return switch (c) {
      case '&' -> "&amp;";
      case '<' -> "&lt;";
      case '>' -> "&gt;";
      case '"' -> "&quot;";
      case '\'' -> "&#39;";
      default -> c < 0x20 ? " " : null;
    };
  }

  /** Writes text of our own, unescaped. */
  XmlOut raw(String text) throws IOException {
    return raw(bytes(text));
  }

  /** Writes bytes of our own, or escaped before. */
  XmlOut raw(byte[] bytes) throws IOException {
    if (bytes.length > buffer.length - filled) {
      flushBuffer();
      if (bytes.length > buffer.length) {
        out.write(bytes);
        return this;
      }
    }
    System.arraycopy(bytes, 0, buffer, filled, bytes.length);
    filled += bytes.length;
    return this;
  }

  /** Writes any text, escaped. */
  XmlOut text(String text) throws IOException {
    return raw(escaped(text));
  }

  /** Writes an attribute with any value, preceded by a blank. */
  XmlOut attribute(String name, String value) throws IOException {
    return raw(" ").raw(name).raw("=\"").text(value).raw("\"");
  }

  /** Writes a colour 0xRRGGBB as rgb(r,g,b). */
  XmlOut rgb(int color) throws IOException {
    room();
    put('r').put('g').put('b').put('(');
    digits(color >> 16, false);
    put(',');
    digits(color >> 8 & 0xFF, false);
    put(',');
    digits(color & 0xFF, false);
    return put(')');
  }

  /** Writes a whole number with commas between thousands. */
  XmlOut grouped(long number) throws IOException {
    room();
    if (number < 0) {
      return raw(Counts.grouped(Long.toString(number)));
    }
    digits(number, true);
    return this;
  }

  /** Writes a number with two decimals, rounded as C's printf does. */
  XmlOut twoDecimals(double x) throws IOException {
    return hundredths(x, false);
  }

  /** Writes a number with up to two decimals. */
  XmlOut number(double x) throws IOException {
    return hundredths(x, true);
  }

  private XmlOut hundredths(double x, boolean shortest) throws IOException {
    double scaled = x * 100;
    double floor = Math.floor(scaled);
    double rest = scaled - floor;
    if (!(x >= 0 && scaled < LARGEST_HUNDREDTHS) || Math.abs(rest - 0.5) < 1e-4) {
      return raw(shortest ? Fixed.shortest(x, 2) : Fixed.toString(x, 2));
    }
    return hundredths((long) floor + (rest > 0.5 ? 1 : 0), shortest);
  }

  /** Writes a number given in hundredths, at least 0, without zeros at its end. */
  XmlOut hundredths(long units) throws IOException {
    return hundredths(units, true);
  }

  private XmlOut hundredths(long units, boolean shortest) throws IOException {
    room();
    digits(units / 100, false);
    int fraction = (int) (units % 100);
    if (fraction == 0 && shortest) {
      return this;
    }
    put('.').put('0' + fraction / 10);
    if (!shortest || fraction % 10 != 0) {
      put('0' + fraction % 10);
    }
    return this;
  }

  private void room() throws IOException {
    if (buffer.length - filled < ROOM_FOR_NUMBER) {
      flushBuffer();
    }
  }

  private XmlOut put(int b) {
    buffer[filled++] = (byte) b;
    return this;
  }

  private void digits(long number, boolean commas) {
    int count = 1;
    for (long rest = number; rest >= 10; rest /= 10) {
      count++;
    }
    int length = commas ? count + (count - 1) / 3 : count;
    int at = filled + length;
    filled = at;
    long rest = number;
    for (int i = 0; i < count; i++) {
      if (commas && i > 0 && i % 3 == 0) {
        buffer[--at] = ',';
      }
      buffer[--at] = (byte) ('0' + rest % 10);
      rest /= 10;
    }
  }

  private void flushBuffer() throws IOException {
    out.write(buffer, 0, filled);
    filled = 0;
  }

  /** Hands everything written on. */
  void flush() throws IOException {
    flushBuffer();
    out.flush();
  }
}
