package org.memstacks.flamegraph.palette;

import org.memstacks.flamegraph.tree.FrameTree;

/** The colour of each frame: by its difference where there is one, else by its name. */
public final class FrameColors {
  private final FrameTree tree;
  private final NameColors names;
  private final boolean negate;
  private final double largest;

  /**
   * Colours for a tree.
   *
   * @param negate whether to swap the hues of differences
   */
  public FrameColors(FrameTree tree, NameColors names, boolean negate) {
    this.tree = tree;
    this.names = names;
    this.negate = negate;
    this.largest = largest(tree);
  }

  /** flamegraph.pl's scale of differences never ends below 1. */
  private static double largest(FrameTree tree) {
    return tree.leafDeltas() == null
        ? 1
        : Math.max(Math.pow(10, tree.scale()), tree.leafDeltas().largest());
  }

  /** The colours of names alone. */
  public NameColors names() {
    return names;
  }

  /** The difference that gets the full colour, in units of the tree's values. */
  public double largestDelta() {
    return largest;
  }

  /** The colour 0xRRGGBB of a frame. */
  public int of(int node) {
    int name = tree.name(node);
    if (name >= 0 && names.isSeparator(name)) {
      return names.of(name);
    }
    return switch (tree.comparison()) {
      case NONE -> names.of(name);
      case LEAF ->
          tree.leafDeltas().has(node)
              ? DeltaColor.of(tree.leafDeltas().of(node), largest, negate)
              : names.of(name);
      case INCLUSIVE -> inclusive(tree.before(node), tree.after(node));
    };
  }

  private int inclusive(long before, long after) {
    double larger = Math.max(Math.max(before, after), 1);
    return DeltaColor.ofShare((after - before) / larger, negate);
  }
}
