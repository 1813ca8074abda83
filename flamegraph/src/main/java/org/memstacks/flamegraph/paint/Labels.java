package org.memstacks.flamegraph.paint;

import org.memstacks.flamegraph.tree.FrameTree;

/** Names as shown in labels and titles, without the marks of kernel, inlined and compiled code. */
final class Labels {
  private static final byte[] ALL = XmlOut.bytes("all");

  private final FrameTree tree;
  private final boolean keepEnd;
  private final String[] shown;
  private final byte[][] escaped;

  /**
   * Labels for a tree.
   *
   * @param keepEnd whether to cut the start rather than the end off names that do not fit
   */
  Labels(FrameTree tree, boolean keepEnd) {
    this.tree = tree;
    this.keepEnd = keepEnd;
    this.shown = new String[tree.names().size()];
    this.escaped = new byte[tree.names().size()][];
  }

  /** The frame's name; the root is called "all". */
  String name(int node) {
    int name = tree.name(node);
    if (name < 0) {
      return "all";
    }
    String text = shown[name];
    if (text == null) {
      text = withoutMark(DisplayName.of(tree.names().get(name)));
      shown[name] = text;
    }
    return text;
  }

  /** The frame's name, escaped. */
  byte[] escapedName(int node) {
    int name = tree.name(node);
    if (name < 0) {
      return ALL;
    }
    byte[] bytes = escaped[name];
    if (bytes == null) {
      bytes = XmlOut.escaped(name(node));
      escaped[name] = bytes;
    }
    return bytes;
  }

  /** What of the name fits into a number of characters; nothing for the root. */
  String fit(int node, int characters) {
    if (characters == 0 || node == 0) {
      return "";
    }
    String name = name(node);
    if (name.length() <= characters) {
      return name;
    }
    int length = name.codePointCount(0, name.length());
    if (length <= characters) {
      return name;
    }
    return keepEnd
        ? ".." + name.substring(name.offsetByCodePoints(0, length - characters + 2))
        : name.substring(0, name.offsetByCodePoints(0, characters - 2)) + "..";
  }

  /**
   * A name without the mark {@code _[k]}, {@code _[w]}, {@code _[i]} or {@code _[j]} at its end.
   */
  static String withoutMark(String name) {
    int end = name.length() - 4;
    if (end >= 0
        && name.charAt(end) == '_'
        && name.charAt(end + 1) == '['
        && "kwij".indexOf(name.charAt(end + 2)) >= 0
        && name.charAt(end + 3) == ']') {
      return name.substring(0, end);
    }
    return name;
  }
}
