package org.memstacks.flamegraph.layout;

import java.util.Arrays;
import org.memstacks.flamegraph.tree.FrameTree;

/**
 * Which frames of a tree are drawn, and where. The horizontal unit is that of the tree's values;
 * {@link #left} and {@link #right} give pixels.
 */
public final class Layout {
  private final FrameTree tree;
  private final MinWidth minWidth;
  private final long base;
  private final double pixelsPerUnit;
  private final double minValue;
  private long tieValue = -1;
  private int ties;
  private final int maxDepth;
  private final int frames;

  /**
   * Lays a tree out.
   *
   * @param base what the full width stands for, at least the tree's total and more than 0
   * @param maxFrames draw the widest frames only if there are more, of equal ones the leftmost
   */
  public Layout(FrameTree tree, Geometry geometry, MinWidth minWidth, long base, int maxFrames) {
    this.tree = tree;
    this.minWidth = minWidth;
    this.base = base;
    this.pixelsPerUnit = geometry.frameWidth() / base;
    double least =
        minWidth.percent() ? base * (minWidth.value() / 100) : minWidth.value() / pixelsPerUnit;
    this.minValue = least;
    Extent extent = new Extent();
    walk(extent);
    if (extent.frames > maxFrames) {
      keepWidest(extent, maxFrames);
      extent = new Extent();
      walk(extent);
    }
    this.maxDepth = extent.maxDepth;
    this.frames = extent.frames;
  }

  private void keepWidest(Extent all, int maxFrames) {
    long[] widths = all.widths;
    long limit = Selection.select(widths, all.frames, all.frames - maxFrames);
    int wider = 0;
    for (int i = 0; i < all.frames; i++) {
      if (widths[i] > limit) {
        wider++;
      }
    }
    tieValue = limit;
    ties = maxFrames - wider;
  }

  /** Calls the visitor for each frame drawn, parents before children, from left to right. */
  public void walk(FrameVisitor visitor) {
    int tiesLeft = ties;
    visitor.frame(0, 0, 0, base);
    int[] open = new int[64];
    long[] cursor = new long[64];
    int depth = 1;
    cursor[1] = tree.self(0);
    int node = tree.firstChild(0);
    while (depth > 0) {
      if (node == 0) {
        depth--;
        node = depth > 0 ? tree.nextSibling(open[depth]) : 0;
        continue;
      }
      long start = tree.chart() ? tree.chartStart(node) : cursor[depth];
      cursor[depth] = start + tree.value(node);
      long width = tree.value(node);
      if (width < minValue || width < tieValue || (width == tieValue && tiesLeft-- <= 0)) {
        node = tree.nextSibling(node);
        continue;
      }
      visitor.frame(node, depth, start, cursor[depth]);
      open[depth++] = node;
      if (depth == open.length) {
        open = Arrays.copyOf(open, 2 * depth);
        cursor = Arrays.copyOf(cursor, 2 * depth);
      }
      cursor[depth] = start + tree.self(node);
      node = tree.firstChild(node);
    }
  }

  /** The deepest row with a frame; the root is at 0. */
  public int maxDepth() {
    return maxDepth;
  }

  /** Number of frames drawn, the root included. */
  public int frames() {
    return frames;
  }

  /** The width below which a frame is not drawn. */
  public MinWidth minWidth() {
    return minWidth;
  }

  /** What the full width stands for. */
  public long base() {
    return base;
  }

  /** The pixel where a value begins. */
  public double x(long value) {
    return Geometry.X_PAD + value * pixelsPerUnit;
  }

  private static final class Extent implements FrameVisitor {
    private int maxDepth;
    private int frames;
    private long[] widths = new long[1 << 12];

    @Override
    public void frame(int node, int depth, long start, long end) {
      maxDepth = Math.max(maxDepth, depth);
      if (frames == widths.length) {
        widths = Arrays.copyOf(widths, 2 * frames);
      }
      widths[frames++] = end - start;
    }
  }
}
