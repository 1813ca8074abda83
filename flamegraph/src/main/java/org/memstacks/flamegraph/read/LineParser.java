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
  private long withoutBase;

  private int[] ids = new int[64];
  private int length;
  private int[] arranged = new int[64];
  private int arrangedLength;
  private final int[] bases;

  /** The stack parsed last, as a place in the block, and where its frames end in it. */
  private int lastStart = -1;

  private int lastEnd;
  private int[] frameEnds = new int[64];
  private int lastLength;
  private int common;
  private byte[] scratch = new byte[256];
  private final Decimal first = new Decimal();
  private final Decimal second = new Decimal();

  LineParser(LineOptions options) {
    this.names = new NameTable();
    this.tree = new StackTree(names, options.chart());
    this.options = options;
    tree.raiseScale(options.decimals());
    this.bases = new int[options.bases().size()];
    for (int i = 0; i < bases.length; i++) {
      byte[] base = options.bases().get(i);
      bases[i] = names.intern(base, 0, base.length);
    }
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

  /** Stacks left out because none of the bases is in them. */
  long withoutBase() {
    return withoutBase;
  }

  /** Parses a block of lines; the last one may lack its line end. */
  void parse(Blocks.Block block) {
    boolean before = options.compare() && block.input() == 0;
    byte[] text = block.bytes();
    int end = block.length();
    lastStart = -1;
    for (int start = 0; start < end; ) {
      common = commonWithLast(text, start, end);
      int lineEnd = start + common;
      while (lineEnd < end && text[lineEnd] != '\n') {
        lineEnd++;
      }
      line(text, start, lineEnd, before, block.sequence());
      start = lineEnd + 1;
    }
  }

  /** How many bytes the line starting here has in common with the stack parsed last. */
  private int commonWithLast(byte[] text, int start, int end) {
    if (lastStart < 0) {
      return 0;
    }
    int most = Math.min(lastEnd - lastStart, end - start);
    int same = Arrays.mismatch(text, lastStart, lastStart + most, text, start, start + most);
    return same < 0 ? most : same;
  }

  private void line(byte[] text, int from, int lineEnd, boolean before, int sequence) {
    int to = lineEnd;
    if (to > from && text[to - 1] == '\r') {
      to--;
    }
    if (to - from >= 2 && text[from] == '#' && text[from + 1] == ' ') {
      comments.add(
          text, from, to, sequence, options.compare() ? before ? "before" : "after" : null);
      return;
    }
    int blank = first.parseLast(text, from, to);
    if (blank < 0) {
      ignored++;
      return;
    }
    int blankBefore = second.parseLast(text, from, blank);
    if (blankBefore >= 0 && options.compare()) {
      ignored++;
      return;
    }
    int stackEnd = blankBefore < 0 ? blank : blankBefore;
    frames(text, from, stackEnd);
    int base = bases.length == 0 ? 0 : innermostBase();
    if (base < 0) {
      withoutBase++;
      return;
    }
    tree.raiseScale(first.decimals());
    arrangedLength = length;
    int[] stack = arranged(base, emptyFrames(text, from, stackEnd));
    if (blankBefore >= 0) {
      tree.raiseScale(second.decimals());
      tree.addDifferential(
          stack, arrangedLength, second.atScale(tree.scale()), first.atScale(tree.scale()));
    } else if (before) {
      tree.addBefore(stack, arrangedLength, first.atScale(tree.scale()));
    } else {
      tree.add(stack, arrangedLength, first.atScale(tree.scale()));
    }
  }

  /** Splits a stack at semicolons; trailing empty frames are dropped, inner ones kept. */
  private void frames(byte[] text, int from, int stackEnd) {
    int to = stackEnd;
    while (to > from && text[to - 1] == ';') {
      to--;
    }
    length = options.chain() ? 0 : sharedFrames();
    int start = from + (length == 0 ? 0 : frameEnds[length - 1] + 1);
    boolean woken = false;
    int hash = 0;
    for (int i = start; i < to; i++) {
      byte b = text[i];
      if (b != ';') {
        hash = 31 * hash + b;
        continue;
      }
      woken |= push(text, start, i, hash, woken);
      frameEnds[length - 1] = i - from;
      start = i + 1;
      hash = 0;
    }
    if (to > from) {
      push(text, start, to, hash, woken);
    }
    lastStart = from;
    lastEnd = to;
    lastLength = length;
  }

  /** How many frames, each with its semicolon, are those of the stack parsed last. */
  private int sharedFrames() {
    int shared = 0;
    while (shared < lastLength - 1 && frameEnds[shared] < common) {
      shared++;
    }
    return shared;
  }

  /** How many frames at the start of a stack are empty. */
  private static int emptyFrames(byte[] text, int from, int stackEnd) {
    int at = from;
    while (at < stackEnd && text[at] == ';') {
      at++;
    }
    return at - from;
  }

  /**
   * Puts the frames from the base on into the order asked for. Turned round, a stack that began
   * with empty frames ends with them, and like all at an end they are dropped.
   */
  private int[] arranged(int base, int emptyFrames) {
    if (!options.reverse() && bases.length == 0) {
      return ids;
    }
    int start = options.reverse() ? Math.max(base, Math.min(emptyFrames, length)) : base;
    int count = length - start;
    if (arranged.length < count) {
      arranged = new int[ids.length];
    }
    for (int i = 0; i < count; i++) {
      arranged[i] = ids[options.reverse() ? length - 1 - i : start + i];
    }
    arrangedLength = count;
    return arranged;
  }

  /** The last frame of the stack that is one of the bases; -1 if there is none. */
  private int innermostBase() {
    for (int i = length - 1; i >= 0; i--) {
      for (int base : bases) {
        if (ids[i] == base) {
          return i;
        }
      }
    }
    return -1;
  }

  /** Adds a frame; true when it is the "--" that separates a chain's wakers. */
  private boolean push(byte[] text, int start, int end, int hash, boolean woken) {
    if (length == ids.length) {
      ids = Arrays.copyOf(ids, 2 * length);
      frameEnds = Arrays.copyOf(frameEnds, 2 * length);
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
