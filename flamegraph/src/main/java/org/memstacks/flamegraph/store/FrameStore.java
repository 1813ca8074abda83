package org.memstacks.flamegraph.store;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.memstacks.flamegraph.tree.Comparison;
import org.memstacks.flamegraph.tree.FrameTree;

/**
 * A tree as deflated columns, frames in drawing order, parents first. Numbers are written seven
 * bits a byte, lowest first. The columns:
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
public final class FrameStore {
  /** A named column. */
  public record Packed(String name, byte[] deflated) {}

  private final FrameTree tree;
  private final int[] rankOfName;
  private final int[] nameOfRank;

  private FrameStore(FrameTree tree) {
    this.tree = tree;
    nameOfRank = byFrequency(tree);
    rankOfName = new int[nameOfRank.length];
    for (int rank = 0; rank < nameOfRank.length; rank++) {
      rankOfName[nameOfRank[rank]] = rank;
    }
  }

  /**
   * Numbers of names, the common ones first; of equally common ones in an order that depends on
   * their bytes alone, so that an input always gives the same file.
   */
  private static int[] byFrequency(FrameTree tree) {
    long[] order = new long[tree.names().size()];
    for (int name = 0; name < order.length; name++) {
      order[name] = (long) tree.names().hash(name) << 32 | name;
    }
    Arrays.sort(order);
    int[] frequency = new int[order.length];
    for (int node = 1; node < tree.size(); node++) {
      frequency[tree.name(node)]++;
    }
    int[] byHash = new int[order.length];
    for (int place = 0; place < order.length; place++) {
      byHash[place] = (int) order[place];
      order[place] = (long) -frequency[byHash[place]] << 32 | place;
    }
    Arrays.sort(order);
    int[] names = new int[order.length];
    for (int rank = 0; rank < names.length; rank++) {
      names[rank] = byHash[(int) order[rank]];
    }
    return names;
  }

  /** A store whose columns are packed when asked for. */
  public static FrameStore of(FrameTree tree) {
    return new FrameStore(tree);
  }

  /**
   * Packs all columns of frames.
   *
   * @param level how hard to deflate, 1 to 9
   */
  public List<Packed> pack(int level) {
    Column depths = new Column(level);
    Column names = new Column(level);
    Column selves = new Column(level);
    Column extra = needsExtra() ? new Column(level) : null;
    Column after = tree.comparison() == Comparison.INCLUSIVE ? new Column(level) : null;
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
      names.number(rankOfName[tree.name(node)]);
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
    List<Packed> packed = new ArrayList<>();
    packed.add(new Packed("depth", depths.finish()));
    packed.add(new Packed("self", selves.finish()));
    packed.add(new Packed("name", names.finish()));
    if (extra != null) {
      packed.add(new Packed(extraName(), extra.finish()));
    }
    if (after != null) {
      packed.add(new Packed("after", after.finish()));
    }
    return packed;
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

  /** The names' numbers in the tree, in the order of their numbers here. */
  public int[] names() {
    return nameOfRank;
  }

  /** Packs bytes that belong to the store. */
  public static Packed pack(String name, byte[] bytes, int level) {
    Column column = new Column(level);
    column.octets(bytes);
    return new Packed(name, column.finish());
  }
}
