package org.memstacks.flamegraph.read;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** The first comment lines of the inputs, without their {@code "# "}; bounded. */
final class Comments {
  private static final int MAX_LINES = 1_000;
  private static final int MAX_LINE_BYTES = 4_096;

  private record Comment(int sequence, String text) {}

  private final List<Comment> comments = new ArrayList<>();

  /**
   * Adds a line of the block with this number.
   *
   * @param side which of two inputs that are compared the line is from; null if it is the only one
   */
  void add(byte[] text, int from, int to, int sequence, String side) {
    if (comments.size() < MAX_LINES) {
      int start = from + 2;
      int length = Math.min(to - start, MAX_LINE_BYTES);
      String line = new String(text, start, length, StandardCharsets.UTF_8);
      comments.add(new Comment(sequence, side == null ? line : marked(line, side)));
    }
  }

  /** Behind the name of a fact: the names of two runs' facts are the same. */
  private static String marked(String line, String side) {
    int colon = line.indexOf(": ");
    return colon <= 0
        ? side + ": " + line
        : line.substring(0, colon) + ", " + side + line.substring(colon);
  }

  void addAll(Comments others) {
    comments.addAll(others.comments);
  }

  /** The texts in the order of the input. */
  List<String> lines() {
    comments.sort((a, b) -> Integer.compare(a.sequence, b.sequence));
    List<String> lines = new ArrayList<>();
    for (Comment comment : comments) {
      if (lines.size() < MAX_LINES) {
        lines.add(comment.text);
      }
    }
    return lines;
  }
}
