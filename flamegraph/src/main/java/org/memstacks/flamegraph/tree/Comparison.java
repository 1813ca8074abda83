package org.memstacks.flamegraph.tree;

/** What a second count is for. */
public enum Comparison {
  /** There is none. */
  NONE,
  /**
   * flamegraph.pl's differential input, two counts in a line: the second gives the width, and the
   * difference belongs to the frame where the stack ends.
   */
  LEAF,
  /**
   * Two inputs, before and after: a stack's width is the larger of its counts, and a frame's
   * difference is that of everything in it.
   */
  INCLUSIVE
}
