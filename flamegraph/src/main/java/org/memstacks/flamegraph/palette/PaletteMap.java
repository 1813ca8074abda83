package org.memstacks.flamegraph.palette;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.TreeMap;

/**
 * Colours kept from one picture to the next in a text file, one {@code name->rgb(r,g,b)} a line.
 * Names are bytes and may themselves contain {@code ->}: the last one separates.
 */
public final class PaletteMap {
  private final Map<byte[], Integer> colors = new TreeMap<>(Arrays::compareUnsigned);
  private int ignored;
  private boolean changed;

  /** Reads a map; a file that does not exist is an empty one. */
  public static PaletteMap read(Path file) throws IOException {
    PaletteMap map = new PaletteMap();
    if (Files.exists(file)) {
      if (!Files.isRegularFile(file)) {
        throw new FileSystemException(file.toString(), null, "is not a file");
      }
      map.parse(Files.readAllBytes(file));
    }
    return map;
  }

  private void parse(byte[] text) {
    for (int start = 0; start < text.length; ) {
      int end = start;
      while (end < text.length && text[end] != '\n') {
        end++;
      }
      if (end > start && !line(text, start, end)) {
        ignored++;
      }
      start = end + 1;
    }
  }

  private boolean line(byte[] text, int from, int to) {
    for (int i = to - 2; i >= from; i--) {
      if (text[i] == '-' && text[i + 1] == '>') {
        int color = color(new String(text, i + 2, to - i - 2, StandardCharsets.ISO_8859_1));
        if (color < 0) {
          return false;
        }
        colors.put(Arrays.copyOfRange(text, from, i), color);
        return true;
      }
    }
    return false;
  }

  /** Parses {@code rgb(n,n,n)} with numbers up to 255; -1 for anything else. */
  private static int color(String text) {
    String trimmed = text.strip();
    if (!trimmed.startsWith("rgb(") || !trimmed.endsWith(")")) {
      return -1;
    }
    String[] parts = trimmed.substring(4, trimmed.length() - 1).split(",", -1);
    if (parts.length != 3) {
      return -1;
    }
    int color = 0;
    for (String part : parts) {
      int value = component(part.strip());
      if (value < 0) {
        return -1;
      }
      color = color << 8 | value;
    }
    return color;
  }

  private static int component(String digits) {
    if (digits.isEmpty() || digits.length() > 3) {
      return -1;
    }
    int value = 0;
    for (int i = 0; i < digits.length(); i++) {
      char c = digits.charAt(i);
      if (c < '0' || c > '9') {
        return -1;
      }
      value = 10 * value + c - '0';
    }
    return value > 255 ? -1 : value;
  }

  /** Lines of the file that are not of the form {@code name->rgb(r,g,b)}. */
  public int ignored() {
    return ignored;
  }

  /** The colour 0xRRGGBB of a name, or -1. */
  int get(byte[] name) {
    Integer color = colors.get(name);
    return color == null ? -1 : color;
  }

  void put(byte[] name, int color) {
    Integer old = colors.put(name, color);
    changed |= old == null || old != color;
  }

  /** Whether colours have come in since the file was read. */
  public boolean changed() {
    return changed;
  }

  /** The map as the text of its file, sorted by name. */
  public byte[] toBytes() {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    for (Map.Entry<byte[], Integer> entry : colors.entrySet()) {
      int c = entry.getValue();
      String value = "->rgb(" + (c >> 16) + "," + (c >> 8 & 0xFF) + "," + (c & 0xFF) + ")\n";
      out.writeBytes(entry.getKey());
      out.writeBytes(value.getBytes(StandardCharsets.US_ASCII));
    }
    return out.toByteArray();
  }
}
