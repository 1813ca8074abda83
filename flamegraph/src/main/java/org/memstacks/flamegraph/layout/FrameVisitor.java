package org.memstacks.flamegraph.layout;

/** Receives frames with their place. */
@FunctionalInterface
public interface FrameVisitor {
  /**
   * A frame.
   *
   * @param node its number in the tree
   * @param depth 0 for the root
   * @param start the value at its left edge
   * @param end the value at its right edge
   */
  void frame(int node, int depth, long start, long end);
}
