package org.memstacks.flamegraph.read;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** The first comment lines of an input, without their {@code "# "}; bounded. */
final class Comments {
  private static final int MAX_LINES = 1_000;
  private static final int MAX_LINE_BYTES = 4_096;

  private final List<String> lines = new ArrayList<>();

  void add(byte[] text, int from, int to) {
    if (lines.size() < MAX_LINES) {
      int start = from + 2;
      int length = Math.min(to - start, MAX_LINE_BYTES);
      lines.add(new String(text, start, length, StandardCharsets.UTF_8));
    }
  }

  List<String> lines() {
    return lines;
  }
}
