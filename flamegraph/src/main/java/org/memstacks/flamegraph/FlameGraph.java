package org.memstacks.flamegraph;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.math.BigDecimal;
import java.util.List;
import org.memstacks.flamegraph.layout.Layout;
import org.memstacks.flamegraph.paint.SvgPainter;
import org.memstacks.flamegraph.palette.FrameColors;
import org.memstacks.flamegraph.palette.NameColors;
import org.memstacks.flamegraph.read.FoldedInput;
import org.memstacks.flamegraph.read.FoldedReader;
import org.memstacks.flamegraph.tree.Comparison;
import org.memstacks.flamegraph.tree.FrameTree;

/** Folded stacks in, an SVG flame graph out. */
public final class FlameGraph {
  private final FlameGraphOptions options;

  public FlameGraph(FlameGraphOptions options) {
    this.options = options;
  }

  /**
   * Reads all inputs, summing them, and writes one picture.
   *
   * @return what was found; with a total of 0 the picture says that there is nothing to draw
   * @throws IOException if an input cannot be read or the output not be written
   * @throws org.memstacks.flamegraph.tree.TreeLimitException if the counts cannot be summed exactly
   */
  public Summary render(List<InputStream> inputs, OutputStream out) throws IOException {
    FoldedInput input = new FoldedReader(options.lines()).read(inputs);
    FrameTree tree = FrameTree.of(input.stacks(), Comparison.LEAF);
    SvgPainter painter =
        new SvgPainter(options.picture(), options.geometry(), options.attributes());
    if (tree.total() == 0) {
      painter.paintEmpty(out);
      return new Summary(0, tree.scale(), input.ignored());
    }
    Layout layout =
        new Layout(tree, options.geometry(), options.minWidth(), base(tree), options.maxFrames());
    NameColors names =
        new NameColors(tree.names(), options.palette(), options.coloring(), options.paletteMap());
    FrameColors colors = new FrameColors(tree, names, options.picture().negate());
    painter.paint(tree, layout, colors, out);
    return new Summary(tree.total(), tree.scale(), input.ignored());
  }

  private long base(FrameTree tree) {
    if (options.total() == null) {
      return tree.total();
    }
    BigDecimal units = options.total().movePointRight(tree.scale());
    return units.compareTo(BigDecimal.valueOf(Long.MAX_VALUE)) > 0
        ? Long.MAX_VALUE
        : Math.max(tree.total(), units.longValue());
  }

  /**
   * What a run found.
   *
   * @param total sum of all counts, in units of 10^-scale
   * @param scale decimals of the total
   * @param ignored lines that are neither stack nor comment
   */
  public record Summary(long total, int scale, long ignored) {}
}
