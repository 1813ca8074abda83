package org.memstacks.report;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** The first bytes of a block, as text if they are text, else in hexadecimal. */
public final class BlockText {
  private static final int LEAST_TEXT = 4;
  private static final int LINE = 16;

  private BlockText() {}

  /** Lines without any control character, whatever the bytes are. */
  public static List<String> of(byte[] bytes) {
    int text = 0;
    while (text < bytes.length && isPrintable(bytes[text])) {
      text++;
    }
    boolean ends = text == bytes.length || bytes[text] == 0;
    if (text >= LEAST_TEXT && ends) {
      return List.of('"' + ascii(bytes, 0, text) + '"');
    }
    List<String> lines = new ArrayList<>();
    for (int from = 0; from < bytes.length; from += LINE) {
      int to = Math.min(bytes.length, from + LINE);
      StringBuilder hex = new StringBuilder();
      for (int i = from; i < to; i++) {
        hex.append(String.format(Locale.ROOT, "%02x ", bytes[i]));
      }
      lines.add(String.format(Locale.ROOT, "%04x  %-48s |%s|", from, hex, ascii(bytes, from, to)));
    }
    return lines;
  }

  private static boolean isPrintable(byte value) {
    return value >= ' ' && value <= '~';
  }

  private static String ascii(byte[] bytes, int from, int to) {
    StringBuilder text = new StringBuilder();
    for (int i = from; i < to; i++) {
      text.append(isPrintable(bytes[i]) ? (char) bytes[i] : '.');
    }
    return text.toString();
  }
}
