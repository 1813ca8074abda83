package org.memstacks.flamegraph.paint;

import java.io.IOException;
import java.io.OutputStream;

/**
 * Writes UTF-8 through a buffer. {@link #raw} is for text of our own; everything else that comes
 * from the input or an option goes through {@link #text}, which escapes it for content and quoted
 * attributes alike.
 */
final class XmlOut {
  private final OutputStream out;
  private final byte[] buffer = new byte[1 << 16];
  private int filled;

  XmlOut(OutputStream out) {
    this.out = out;
  }

  /** Writes text of our own, unescaped; ASCII or UTF-16 without lone surrogates. */
  XmlOut raw(String text) throws IOException {
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c < 0x80) {
        put(c);
      } else {
        i += character(text, i);
      }
    }
    return this;
  }

  /** Writes any text, escaped. */
  XmlOut text(String text) throws IOException {
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      switch (c) {
        case '&' -> raw("&amp;");
        case '<' -> raw("&lt;");
        case '>' -> raw("&gt;");
        case '"' -> raw("&quot;");
        case '\'' -> raw("&#39;");
        default -> {
          if (c < 0x80) {
            put(c < 0x20 ? ' ' : c);
          } else {
            i += character(text, i);
          }
        }
      }
    }
    return this;
  }

  /** Writes bytes of our own, unescaped. */
  XmlOut raw(byte[] bytes) throws IOException {
    if (bytes.length > buffer.length - filled) {
      flushBuffer();
      out.write(bytes);
    } else {
      System.arraycopy(bytes, 0, buffer, filled, bytes.length);
      filled += bytes.length;
    }
    return this;
  }

  /** Writes a colour 0xRRGGBB as rgb(r,g,b). */
  XmlOut rgb(int color) throws IOException {
    raw("rgb(").raw(Integer.toString(color >> 16)).raw(",");
    raw(Integer.toString(color >> 8 & 0xFF)).raw(",");
    return raw(Integer.toString(color & 0xFF)).raw(")");
  }

  /** Writes an attribute with any value, preceded by a blank. */
  XmlOut attribute(String name, String value) throws IOException {
    return raw(" ").raw(name).raw("=\"").text(value).raw("\"");
  }

  /** Writes a number with up to two decimals. */
  XmlOut number(double x) throws IOException {
    return raw(Fixed.shortest(x, 2));
  }

  private void put(int b) throws IOException {
    if (filled == buffer.length) {
      flushBuffer();
    }
    buffer[filled++] = (byte) b;
  }

  /** Writes the character beyond ASCII at an index; returns how many further chars it took. */
  private int character(String text, int at) throws IOException {
    int c = text.codePointAt(at);
    if (c < 0x800) {
      put(0xC0 | c >> 6);
    } else {
      if (c < 0x10000) {
        put(0xE0 | c >> 12);
      } else {
        put(0xF0 | c >> 18);
        put(0x80 | c >> 12 & 0x3F);
      }
      put(0x80 | c >> 6 & 0x3F);
    }
    put(0x80 | c & 0x3F);
    return c < 0x10000 ? 0 : 1;
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
