package org.memstacks.flamegraph.tree;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class FrameTreeTest {
  private static final long SEED = 7;

  private static void add(StackTree tree, String stack, long count) {
    String[] frames = stack.split(";");
    int[] ids = new int[frames.length];
    for (int i = 0; i < frames.length; i++) {
      byte[] name = frames[i].getBytes(StandardCharsets.ISO_8859_1);
      ids[i] = tree.names().intern(name, 0, name.length);
    }
    tree.add(ids, ids.length, count);
  }

  private static String name(FrameTree tree, int node) {
    return new String(tree.names().get(tree.name(node)), StandardCharsets.ISO_8859_1);
  }

  private static List<String> children(FrameTree tree, int parent) {
    List<String> names = new ArrayList<>();
    for (int node = tree.firstChild(parent); node != 0; node = tree.nextSibling(node)) {
      names.add(name(tree, node));
    }
    return names;
  }

  @Test
  void siblingsComeInTheOrderOfSortedLines() {
    StackTree stacks = new StackTree(new NameTable(), false);
    for (String stack : List.of("foo-bar;x", "foo;y", "foo", "fo!;z", "b", "\u00ff", "Z")) {
      add(stacks, stack, 1);
    }
    FrameTree tree = FrameTree.of(stacks, Comparison.NONE);
    assertThat(children(tree, 0)).containsExactly("Z", "b", "fo!", "foo", "foo-bar", "\u00ff");
  }

  @Test
  void withoutSelfValueASiblingIsOrderedByItsSemicolon() {
    StackTree stacks = new StackTree(new NameTable(), false);
    for (String stack : List.of("foo;y", "foo:x", "foo-bar", "foo=")) {
      add(stacks, stack, 1);
    }
    FrameTree tree = FrameTree.of(stacks, Comparison.NONE);
    assertThat(children(tree, 0)).containsExactly("foo-bar", "foo:x", "foo", "foo=");
  }

  @Test
  void valuesAreSelfPlusChildren() {
    StackTree stacks = new StackTree(new NameTable(), false);
    Random random = new Random(SEED);
    long total = 0;
    for (int i = 0; i < 20_000; i++) {
      StringBuilder stack = new StringBuilder("r");
      for (int d = random.nextInt(8); d > 0; d--) {
        stack.append(';').append((char) ('a' + random.nextInt(4)));
      }
      int count = random.nextInt(100);
      add(stacks, stack.toString(), count);
      total += count;
    }
    FrameTree tree = FrameTree.of(stacks, Comparison.NONE);
    assertThat(tree.total()).isEqualTo(total);
    long selves = 0;
    for (int node = 0; node < tree.size(); node++) {
      selves += tree.self(node);
      long inside = tree.self(node);
      for (int c = tree.firstChild(node); c != 0; c = tree.nextSibling(c)) {
        assertThat(tree.parent(c)).isEqualTo(node);
        inside += tree.value(c);
      }
      assertThat(tree.value(node)).isEqualTo(inside);
    }
    assertThat(selves).isEqualTo(total);
  }

  @Test
  void mergingTreesBuiltApartGivesTheTreeOfAllStacks() {
    Random random = new Random(SEED);
    List<String> lines = new ArrayList<>();
    for (int i = 0; i < 5_000; i++) {
      StringBuilder stack = new StringBuilder("m");
      for (int d = random.nextInt(10); d > 0; d--) {
        stack.append(";f").append(random.nextInt(5));
      }
      lines.add(stack.toString());
    }
    StackTree whole = new StackTree(new NameTable(), false);
    lines.forEach(line -> add(whole, line, 3));
    StackTree merged = new StackTree(new NameTable(), false);
    int from = 0;
    for (int to : new int[] {3_000, 4_000, 4_200, lines.size()}) {
      StackTree part = new StackTree(new NameTable(), false);
      lines.subList(from, to).forEach(line -> add(part, line, 3));
      merged = TreeMerge.of(merged, part);
      from = to;
    }
    assertThat(rows(merged)).isEqualTo(rows(whole));
    assertThat(merged.total()).isEqualTo(whole.total());
  }

  @Test
  void branchesAreFoundAgainWhereverTheyWereAdded() {
    StackTree stacks = new StackTree(new NameTable(), false);
    for (String stack :
        List.of("a", "b", "a;x", "a;y", "b;x", "a;x;p", "a;y;p", "b;x;p", "a;x;q")) {
      add(stacks, stack, 1);
      add(stacks, stack, 1);
    }
    assertThat(stacks.size()).isEqualTo(10);
    assertThat(rows(stacks))
        .containsExactly(
            ";a 12",
            ";a;x 6",
            ";a;x;p 2",
            ";a;x;q 2",
            ";a;y 4",
            ";a;y;p 2",
            ";b 6",
            ";b;x 4",
            ";b;x;p 2");
  }

  private static List<String> rows(StackTree stacks) {
    FrameTree tree = FrameTree.of(stacks, Comparison.NONE);
    List<String> rows = new ArrayList<>();
    for (int node = 1; node < tree.size(); node++) {
      StringBuilder path = new StringBuilder();
      for (int at = node; at != 0; at = tree.parent(at)) {
        path.insert(0, ";" + name(tree, at));
      }
      rows.add(path + " " + tree.value(node));
    }
    Collections.sort(rows);
    return rows;
  }

  @Test
  void aFlameChartMergesOnlyNeighbours() {
    StackTree stacks = new StackTree(new NameTable(), true);
    add(stacks, "a;b", 2);
    add(stacks, "a;b", 1);
    add(stacks, "a", 4);
    add(stacks, "a;b", 8);
    add(stacks, "c", 1);
    add(stacks, "a", 1);
    FrameTree tree = FrameTree.of(stacks, Comparison.NONE);
    assertThat(children(tree, 0)).containsExactly("a", "c", "a");
    int a = tree.firstChild(0);
    assertThat(tree.value(a)).isEqualTo(15);
    assertThat(tree.self(a)).isEqualTo(4);
    int laterB = tree.nextSibling(tree.firstChild(a));
    assertThat(tree.chartStart(laterB)).isEqualTo(7);
    assertThat(tree.value(laterB)).isEqualTo(8);
  }

  @Test
  void namesAreEqualOnlyIfTheirBytesAre() {
    NameTable names = new NameTable();
    byte[] text = {'a', (byte) 0xC3, (byte) 0xA9, 'a', (byte) 0xE9, 'a'};
    int precomposed = names.intern(text, 0, 3);
    int latin = names.intern(text, 3, 5);
    assertThat(latin).isNotEqualTo(precomposed);
    assertThat(names.intern(text, 0, 3)).isEqualTo(precomposed);
    assertThat(names.get(latin)).isEqualTo(Arrays.copyOfRange(text, 3, 5));
    for (int i = 0; i < 10_000; i++) {
      byte[] name = Integer.toString(i).getBytes(StandardCharsets.US_ASCII);
      assertThat(names.intern(name, 0, name.length)).isEqualTo(i + 2);
    }
  }
}
