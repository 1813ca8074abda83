package org.memstacks.flamegraph.store;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.zip.Inflater;
import java.util.zip.InflaterInputStream;
import org.junit.jupiter.api.Test;
import org.memstacks.flamegraph.tree.Comparison;
import org.memstacks.flamegraph.tree.FrameTree;
import org.memstacks.flamegraph.tree.NameTable;
import org.memstacks.flamegraph.tree.StackTree;

/** Packs trees and reads the columns back by their description. */
class FrameStoreTest {
  private static final long SEED = 3;

  private static final class Reader {
    private final InputStream in;

    Reader(byte[] deflated) {
      in = new InflaterInputStream(new ByteArrayInputStream(deflated), new Inflater(true));
    }

    long number() throws IOException {
      long value = 0;
      int shift = 0;
      int b;
      do {
        b = in.read();
        assertThat(b).isNotNegative();
        value |= (long) (b & 0x7F) << shift;
        shift += 7;
      } while (b > 0x7F);
      return value;
    }

    void end() throws IOException {
      assertThat(in.read()).isEqualTo(-1);
    }
  }

  private static Map<String, Reader> columns(FrameTree tree, NameNumbers names, int level) {
    Map<String, Reader> readers = new HashMap<>();
    for (Column column : FrameStore.columns(tree, names)) {
      Column.Packed packed = column.pack(level);
      readers.put(packed.name(), new Reader(packed.deflated()));
    }
    return readers;
  }

  private static List<Integer> drawingOrder(FrameTree tree) {
    List<Integer> nodes = new ArrayList<>();
    collect(tree, 0, nodes);
    return nodes;
  }

  private static void collect(FrameTree tree, int node, List<Integer> nodes) {
    nodes.add(node);
    for (int c = tree.firstChild(node); c != 0; c = tree.nextSibling(c)) {
      collect(tree, c, nodes);
    }
  }

  private static StackTree random(boolean chart, boolean differential, long largest) {
    StackTree tree = new StackTree(new NameTable(), chart);
    Random random = new Random(SEED);
    int[] ids = new int[12];
    for (int i = 0; i < 3_000; i++) {
      int depth = random.nextInt(12);
      for (int d = 0; d < depth; d++) {
        byte[] name = ("f" + random.nextInt(4)).getBytes(StandardCharsets.US_ASCII);
        ids[d] = tree.names().intern(name, 0, name.length);
      }
      long count = random.nextLong(largest);
      if (differential && i % 3 != 0) {
        tree.addDifferential(ids, depth, random.nextLong(largest), count);
      } else {
        tree.add(ids, depth, count);
      }
    }
    return tree;
  }

  @Test
  void columnsGiveTheTreeBack() throws IOException {
    StackTree stacks = random(false, false, 1L << 48);
    NameNumbers names = NameNumbers.of(stacks);
    FrameTree tree = FrameTree.of(stacks, Comparison.NONE);
    Map<String, Reader> columns = columns(tree, names, 6);
    int lastDepth = 0;
    for (int node : drawingOrder(tree)) {
      int depth = 0;
      for (int at = node; at != 0; at = tree.parent(at)) {
        depth++;
      }
      if (node != 0) {
        assertThat(lastDepth + 1 - columns.get("depth").number()).isEqualTo(depth);
        int name = names.names()[(int) columns.get("name").number()];
        assertThat(name).isEqualTo(tree.name(node));
      }
      assertThat(columns.get("self").number()).isEqualTo(tree.self(node));
      lastDepth = depth;
    }
    for (Reader column : columns.values()) {
      column.end();
    }
  }

  @Test
  void differencesOfLeavesGoWithTheirFrames() throws IOException {
    StackTree stacks = random(false, true, 1000);
    FrameTree tree = FrameTree.of(stacks, Comparison.LEAF);
    Map<String, Reader> columns = columns(tree, NameNumbers.of(stacks), 1);
    for (int node : drawingOrder(tree)) {
      long code = columns.get("delta").number();
      if (tree.leafDeltas().has(node)) {
        long zigzag = code - 1;
        assertThat(zigzag >>> 1 ^ -(zigzag & 1)).isEqualTo(tree.leafDeltas().of(node));
      } else {
        assertThat(code).isZero();
      }
    }
    columns.get("delta").end();
  }

  @Test
  void comparedInputsHaveBothValues() throws IOException {
    StackTree stacks = random(false, true, 1000);
    FrameTree tree = FrameTree.of(stacks, Comparison.INCLUSIVE);
    Map<String, Reader> columns = columns(tree, NameNumbers.of(stacks), 1);
    for (int node : drawingOrder(tree)) {
      assertThat(columns.get("before").number()).isEqualTo(tree.selfBefore(node));
      assertThat(columns.get("after").number()).isEqualTo(tree.selfAfter(node));
    }
  }

  @Test
  void flameChartsKeepTheGapsBetweenFrames() throws IOException {
    StackTree stacks = random(true, false, 50);
    FrameTree tree = FrameTree.of(stacks, Comparison.NONE);
    Reader lead = columns(tree, NameNumbers.of(stacks), 1).get("lead");
    Map<Integer, Long> ends = new HashMap<>();
    for (int node : drawingOrder(tree)) {
      if (node != 0) {
        int parent = tree.parent(node);
        long before = ends.getOrDefault(parent, parent == 0 ? 0 : tree.chartStart(parent));
        assertThat(before + lead.number()).isEqualTo(tree.chartStart(node));
        ends.put(parent, tree.chartStart(node) + tree.value(node));
      }
    }
    lead.end();
  }
}
