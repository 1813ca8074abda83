package org.memstacks.flamegraph.read;

import java.util.Arrays;
import org.memstacks.flamegraph.tree.NameTable;
import org.memstacks.flamegraph.tree.StackTree;

/**
 * Parses folded lines, {@code frame;frame;frame COUNT} or with two counts (before and after), and
 * adds them to a tree. A line starting with {@code "# "} is a comment.
 */
final class LineParser {
  private static final byte[] WAKER = {'_', '[', 'w', ']'};

  private final StackTree tree;
  private final NameTable names;
  private final LineOptions options;
  private final Comments comments = new Comments();
  private long ignored;

  private int[] ids = new int[64];
  private int length;
  private byte[] scratch = new byte[256];
  private final Decimal first = new Decimal();
  private final Decimal second = new Decimal();

  LineParser(StackTree tree, LineOptions options) {
    this.tree = tree;
    this.names = tree.names();
    this.options = options;
  }

  StackTree tree() {
    return tree;
  }

  Comments comments() {
    return comments;
  }

  /** Lines that are neither a stack nor a comment. */
  long ignored() {
    return ignored;
  }

  /** Parses the lines in {@code text[from, to)}; the last one may lack its line end. */
  void parse(byte[] text, int from, int to) {
    int lineStart = from;
    while (lineStart < to) {
      int lineEnd = lineStart;
      while (lineEnd < to && text[lineEnd] != '\n') {
        lineEnd++;
      }
      line(text, lineStart, lineEnd);
      lineStart = lineEnd + 1;
    }
  }

  private void line(byte[] text, int from, int lineEnd) {
    int to = lineEnd;
    if (to > from && text[to - 1] == '\r') {
      to--;
    }
    if (to - from >= 2 && text[from] == '#' && text[from + 1] == ' ') {
      comments.add(text, from, to);
      return;
    }
    int blank = first.parseLast(text, from, to);
    if (blank < 0) {
      ignored++;
      return;
    }
    int blankBefore = second.parseLast(text, from, blank);
    frames(text, from, blankBefore < 0 ? blank : blankBefore);
    if (blankBefore < 0) {
      tree.raiseScale(first.decimals());
      tree.add(ids, length, first.atScale(tree.scale()));
    } else {
      tree.raiseScale(Math.max(first.decimals(), second.decimals()));
      tree.addDifferential(ids, length, second.atScale(tree.scale()), first.atScale(tree.scale()));
    }
  }

  /** Splits a stack at semicolons; trailing empty frames are dropped, inner ones kept. */
  private void frames(byte[] text, int from, int stackEnd) {
    int to = stackEnd;
    while (to > from && text[to - 1] == ';') {
      to--;
    }
    length = 0;
    boolean woken = false;
    int start = from;
    int hash = 0;
    for (int i = from; i < to; i++) {
      byte b = text[i];
      if (b != ';') {
        hash = 31 * hash + b;
        continue;
      }
      woken |= push(text, start, i, hash, woken);
      start = i + 1;
      hash = 0;
    }
    if (to > from) {
      push(text, start, to, hash, woken);
    }
    if (options.reverse()) {
      for (int i = 0, j = length - 1; i < j; i++, j--) {
        int swap = ids[i];
        ids[i] = ids[j];
        ids[j] = swap;
      }
    }
  }

  /** Adds a frame; true when it is the "--" that separates a chain's wakers. */
  private boolean push(byte[] text, int start, int end, int hash, boolean woken) {
    if (length == ids.length) {
      ids = Arrays.copyOf(ids, 2 * length);
    }
    if (!options.chain()) {
      ids[length++] = names.intern(text, start, end, hash);
      return false;
    }
    boolean separator = end - start == 2 && text[start] == '-' && text[start + 1] == '-';
    if (woken && !separator) {
      int size = end - start + WAKER.length;
      if (scratch.length < size) {
        scratch = new byte[2 * size];
      }
      System.arraycopy(text, start, scratch, 0, end - start);
      System.arraycopy(WAKER, 0, scratch, end - start, WAKER.length);
      ids[length++] = names.intern(scratch, 0, size);
    } else {
      ids[length++] = names.intern(text, start, end, hash);
    }
    return separator && length > 1;
  }
}
