package org.memstacks.flamegraph.layout;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.memstacks.flamegraph.tree.Comparison;
import org.memstacks.flamegraph.tree.FrameTree;
import org.memstacks.flamegraph.tree.NameTable;
import org.memstacks.flamegraph.tree.StackTree;

class LayoutTest {
  private static final Geometry GEOMETRY = new Geometry(1200, 16, 12, 0.59, false, false);

  private static FrameTree tree(String... lines) {
    StackTree tree = new StackTree(new NameTable(), false);
    for (String line : lines) {
      int blank = line.lastIndexOf(' ');
      String[] frames = line.substring(0, blank).split(";");
      int[] ids = new int[frames.length];
      for (int i = 0; i < frames.length; i++) {
        byte[] name = frames[i].getBytes(StandardCharsets.US_ASCII);
        ids[i] = tree.names().intern(name, 0, name.length);
      }
      tree.add(ids, ids.length, Long.parseLong(line.substring(blank + 1)));
    }
    return FrameTree.of(tree, Comparison.NONE);
  }

  private static List<String> drawn(FrameTree tree, Layout layout) {
    List<String> frames = new ArrayList<>();
    layout.walk((node, depth, start, end) -> {
      String name =
          node == 0
              ? "all"
              : new String(tree.names().get(tree.name(node)), StandardCharsets.US_ASCII);
      frames.add(name + "@" + depth + " " + start + "-" + end);
    });
    return frames;
  }

  @Test
  void aFramesOwnValueLiesAtItsLeft() {
    FrameTree tree = tree("a 5", "a;c 2", "a;b 3", "d 10");
    Layout layout = new Layout(tree, GEOMETRY, MinWidth.DEFAULT, 20, 100);
    assertThat(drawn(tree, layout))
        .containsExactly("all@0 0-20", "a@1 0-10", "b@2 5-8", "c@2 8-10", "d@1 10-20");
    assertThat(layout.x(10)).isEqualTo(600);
  }

  @Test
  void narrowFramesAndAllInThemAreLeftOutAndDoNotAddDepth() {
    FrameTree tree = tree("a;b;c 1", "d 99");
    Layout layout = new Layout(tree, GEOMETRY, new MinWidth(5, true), 100, 100);
    assertThat(drawn(tree, layout)).containsExactly("all@0 0-100", "d@1 1-100");
    assertThat(layout.maxDepth()).isEqualTo(1);
  }

  @Test
  void onlyTheWidestAreDrawnIfThereAreTooMany() {
    FrameTree tree = tree("a;x 1", "b;x 1", "c;x 1", "d;x 7");
    Layout layout = new Layout(tree, GEOMETRY, new MinWidth(0, false), 10, 5);
    assertThat(drawn(tree, layout))
        .containsExactly("all@0 0-10", "a@1 0-1", "x@2 0-1", "d@1 3-10", "x@2 3-10");
    assertThat(layout.frames()).isEqualTo(5);
  }

  @Test
  void measuresAreThoseOfFlamegraphPl() {
    assertThat(GEOMETRY.height(2)).isEqualTo(118);
    assertThat(GEOMETRY.frameTop(0, 118)).isEqualTo(69);
    assertThat(GEOMETRY.labelBase(69)).isEqualTo(79.5);
    assertThat(GEOMETRY.labelCharacters(21.3)).isEqualTo(3);
    assertThat(GEOMETRY.labelCharacters(21.2)).isZero();
    Geometry icicle = new Geometry(1200, 16, 12, 0.59, true, true);
    assertThat(icicle.frameTop(0, 118)).isEqualTo(60);
  }
}
