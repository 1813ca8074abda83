package org.memstacks.flamegraph.store;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.memstacks.flamegraph.tree.Comparison;
import org.memstacks.flamegraph.tree.FrameTree;

/**
 * A tree as columns, frames in drawing order, parents first. Numbers are written seven bits a byte,
 * lowest first. The columns:
 *
 * <ul>
 *   <li>{@code depth}: for each frame but the root, how many levels it is above being a child of
 *       the frame before it
 *   <li>{@code name}: for each frame but the root, the number of its name; common names are low
 *   <li>{@code self}: what ended in each frame
 *   <li>{@code delta}: with {@link Comparison#LEAF}, 0 for a frame not compared, else the
 *       difference, sign in the lowest bit, plus 1
 *   <li>{@code before}, {@code after}: with {@link Comparison#INCLUSIVE}, what ended in each frame
 *   <li>{@code lead}: in a flame chart, for each frame but the root, the gap to the sibling before
 *       it or to the start of its parent
 * </ul>
 */
final class FrameStore {
  private final FrameTree tree;
  private final NameNumbers numbers;

  private FrameStore(FrameTree tree, NameNumbers numbers) {
    this.tree = tree;
    this.numbers = numbers;
  }

  /** Lists all frames. */
  static List<Column> columns(FrameTree tree, NameNumbers numbers) {
    return new FrameStore(tree, numbers).columns();
  }

  private List<Column> columns() {
    Column depths = new Column("depth");
    Column names = new Column("name");
    Column selves = new Column("self");
    Column extra = needsExtra() ? new Column(extraName()) : null;
    Column after = tree.comparison() == Comparison.INCLUSIVE ? new Column("after") : null;
    selves.number(tree.self(0));
    if (extra != null) {
      extra(extra, after, 0, 0);
    }
    Preorder order = new Preorder(tree);
    int lastDepth = 0;
    long[] ends = tree.chart() ? new long[64] : null;
    while (order.next()) {
      int node = order.node();
      depths.number(lastDepth + 1 - order.depth());
      names.number(numbers.of(tree.name(node)));
      selves.number(tree.self(node));
      lastDepth = order.depth();
      if (extra != null) {
        long gap = 0;
        if (ends != null) {
          if (lastDepth + 1 >= ends.length) {
            ends = Arrays.copyOf(ends, 2 * ends.length);
          }
          gap = tree.chartStart(node) - ends[lastDepth];
          ends[lastDepth] = tree.chartStart(node) + tree.value(node);
          ends[lastDepth + 1] = tree.chartStart(node);
        }
        extra(extra, after, node, gap);
      }
    }
    List<Column> columns = new ArrayList<>(List.of(depths, selves, names));
    if (extra != null) {
      columns.add(extra);
    }
    if (after != null) {
      columns.add(after);
    }
    return columns;
  }

  private boolean needsExtra() {
    return tree.chart() || tree.comparison() != Comparison.NONE;
  }

  private String extraName() {
    return switch (tree.comparison()) {
      case LEAF -> "delta";
      case INCLUSIVE -> "before";
      case NONE -> "lead";
    };
  }

  private void extra(Column extra, Column after, int node, long gap) {
    switch (tree.comparison()) {
      case LEAF -> {
        long delta = tree.leafDeltas().of(node);
        extra.number(tree.leafDeltas().has(node) ? 1 + (delta << 1 ^ delta >> 63) : 0);
      }
      case INCLUSIVE -> {
        extra.number(tree.selfBefore(node));
        after.number(tree.selfAfter(node));
      }
      case NONE -> {
        if (node > 0) {
          extra.number(gap);
        }
      }
    }
  }
}
