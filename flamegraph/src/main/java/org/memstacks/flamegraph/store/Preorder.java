package org.memstacks.flamegraph.store;

import java.util.Arrays;
import org.memstacks.flamegraph.tree.FrameTree;

/** Walks a tree in drawing order, parents first; the root itself is left out. */
final class Preorder {
  private final FrameTree tree;
  private int[] open = new int[64];
  private int depth;
  private int node;

  Preorder(FrameTree tree) {
    this.tree = tree;
  }

  /** Goes to the next frame; false if there is none. */
  boolean next() {
    int child = tree.firstChild(node);
    if (child != 0) {
      if (depth == open.length) {
        open = Arrays.copyOf(open, 2 * depth);
      }
      open[depth++] = node;
      node = child;
      return true;
    }
    while (depth > 0) {
      int sibling = tree.nextSibling(node);
      if (sibling != 0) {
        node = sibling;
        return true;
      }
      node = open[--depth];
    }
    return false;
  }

  int node() {
    return node;
  }

  /** 1 for the children of the root. */
  int depth() {
    return depth;
  }
}
