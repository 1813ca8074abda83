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
  private final List<Packed> columns = new ArrayList<>();

  private FrameStore(FrameTree tree) {
    this.tree = tree;
    long[] frequency = new long[tree.names().size()];
    for (int node = 1; node < tree.size(); node++) {
      frequency[tree.name(node)]++;
    }
    for (int name = 0; name < frequency.length; name++) {
      frequency[name] = -frequency[name] << 32 | name;
    }
    Arrays.sort(frequency);
    rankOfName = new int[frequency.length];
    nameOfRank = new int[frequency.length];
    for (int rank = 0; rank < frequency.length; rank++) {
      nameOfRank[rank] = (int) frequency[rank];
      rankOfName[nameOfRank[rank]] = rank;
    }
  }

  /**
   * Packs a tree.
   *
   * @param level how hard to deflate, 1 to 9
   */
  public static FrameStore of(FrameTree tree, int level) {
    FrameStore store = new FrameStore(tree);
    store.pack(level);
    return store;
  }

  private void pack(int level) {
    Column depths = new Column(level);
    Column names = new Column(level);
    Column selves = new Column(level);
    Column extra = needsExtra() ? new Column(level) : null;
    Column after = tree.comparison() == Comparison.INCLUSIVE ? new Column(level) : null;
    int[] open = new int[64];
    long[] cursor = tree.chart() ? new long[64] : null;
    int depth = 0;
    int lastDepth = 0;
    int node = 0;
    while (true) {
      if (node > 0) {
        depths.number(lastDepth + 1 - depth);
        names.number(rankOfName[tree.name(node)]);
      }
      selves.number(tree.self(node));
      if (extra != null) {
        extra(extra, after, node, cursor, depth);
      }
      lastDepth = depth;
      int next = tree.firstChild(node);
      if (next != 0) {
        if (depth + 2 > open.length) {
          open = Arrays.copyOf(open, 2 * open.length);
          cursor = cursor == null ? null : Arrays.copyOf(cursor, open.length);
        }
        open[depth++] = node;
        if (cursor != null) {
          cursor[depth] = node == 0 ? 0 : tree.chartStart(node);
        }
        node = next;
        continue;
      }
      while (node != 0 && tree.nextSibling(node) == 0) {
        node = depth == 0 ? 0 : open[--depth];
      }
      if (node == 0) {
        break;
      }
      node = tree.nextSibling(node);
    }
    columns.add(new Packed("depth", depths.finish()));
    columns.add(new Packed("name", names.finish()));
    columns.add(new Packed("self", selves.finish()));
    if (extra != null) {
      columns.add(new Packed(extraName(), extra.finish()));
    }
    if (after != null) {
      columns.add(new Packed("after", after.finish()));
    }
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

  private void extra(Column extra, Column after, int node, long[] cursor, int depth) {
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
          extra.number(tree.chartStart(node) - cursor[depth]);
          cursor[depth] = tree.chartStart(node) + tree.value(node);
        }
      }
    }
  }

  /** The columns. */
  public List<Packed> columns() {
    return columns;
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
