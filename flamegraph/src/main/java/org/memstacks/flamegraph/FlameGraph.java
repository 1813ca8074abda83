package org.memstacks.flamegraph;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.math.BigDecimal;
import java.util.List;
import org.memstacks.flamegraph.folded.DiffWriter;
import org.memstacks.flamegraph.layout.Layout;
import org.memstacks.flamegraph.paint.HtmlPainter;
import org.memstacks.flamegraph.paint.RunFacts;
import org.memstacks.flamegraph.paint.SvgPainter;
import org.memstacks.flamegraph.palette.FrameColors;
import org.memstacks.flamegraph.palette.NameColors;
import org.memstacks.flamegraph.read.FoldedInput;
import org.memstacks.flamegraph.read.FoldedReader;
import org.memstacks.flamegraph.store.Packing;
import org.memstacks.flamegraph.tree.Comparison;
import org.memstacks.flamegraph.tree.FrameTree;

/**
 * Folded stacks in, an SVG flame graph out: read, tree, layout, paint.
 *
 * <p>All methods throw {@link IOException} if an input cannot be read or the output not be written,
 * and {@link org.memstacks.flamegraph.tree.TreeLimitException} if the counts cannot be summed
 * exactly; nothing is written before the inputs were read to their end.
 */
public final class FlameGraph {
  private final FlameGraphOptions options;

  public FlameGraph(FlameGraphOptions options) {
    this.options = options;
  }

  /**
   * Reads all inputs, which are summed or compared, and writes one picture, as SVG or in an HTML
   * page. With a total of 0 it is an SVG that says that there is nothing to draw.
   */
  public Summary render(List<InputStream> inputs, OutputStream out) throws IOException {
    FoldedInput input = read(inputs);
    Packing packing = options.picture().script() ? Packing.start(input.stacks()) : null;
    FrameTree tree = tree(input);
    SvgPainter painter =
        new SvgPainter(options.picture(), options.geometry(), options.attributes());
    if (tree.total() == 0) {
      painter.paintEmpty(out);
      return summary(input, tree);
    }
    if (packing != null) {
      packing.order(tree);
    }
    Layout layout =
        new Layout(tree, options.geometry(), options.minWidth(), base(tree), options.maxFrames());
    NameColors names =
        new NameColors(tree.names(), options.palette(), options.coloring(), options.paletteMap());
    FrameColors colors = new FrameColors(tree, names, options.picture().negate());
    if (options.page()) {
      RunFacts facts = RunFacts.of(input.comments());
      new HtmlPainter(painter, options.picture()).paint(tree, layout, colors, packing, facts, out);
    } else {
      painter.paint(tree, layout, colors, packing, out);
    }
    return summary(input, tree);
  }

  /** Reads two inputs and writes them as folded lines with two counts, before and after. */
  public Summary writeFoldedDiff(List<InputStream> inputs, OutputStream out) throws IOException {
    FoldedInput input = read(inputs);
    FrameTree tree = tree(input);
    DiffWriter.write(tree, out);
    return summary(input, tree);
  }

  private FoldedInput read(List<InputStream> inputs) throws IOException {
    FoldedInput input = new FoldedReader(options.lines()).read(inputs);
    if (options.normalize()) {
      input.stacks().normalizeBefore();
    }
    return input;
  }

  private FrameTree tree(FoldedInput input) {
    Comparison comparison = options.lines().compare() ? Comparison.INCLUSIVE : Comparison.LEAF;
    return FrameTree.of(input.stacks(), comparison);
  }

  private Summary summary(FoldedInput input, FrameTree tree) {
    boolean tooSmall =
        options.total() != null && options.total().signum() > 0 && wanted(tree) < tree.total();
    return new Summary(
        tree.total(), tree.scale(), input.ignored(), input.withoutBase(), tooSmall, tree.size());
  }

  private long base(FrameTree tree) {
    return options.total() == null ? tree.total() : Math.max(tree.total(), wanted(tree));
  }

  private long wanted(FrameTree tree) {
    BigDecimal units = options.total().movePointRight(tree.scale());
    BigDecimal most = BigDecimal.valueOf(Long.MAX_VALUE);
    return units.min(most).longValue();
  }

  /**
   * What a run found.
   *
   * @param total sum of all counts in units of 10^-scale: what the picture's full width stands for,
   *     unless a larger one was asked for
   * @param scale decimals of the total
   * @param ignored lines that are neither stack nor comment
   * @param withoutBase stacks left out because no base is in them
   * @param totalTooSmall whether the total asked for is less than the sum and was thus ignored
   * @param frames number of different frames, the root included
   */
  public record Summary(
      long total, int scale, long ignored, long withoutBase, boolean totalTooSmall, int frames) {}
}
