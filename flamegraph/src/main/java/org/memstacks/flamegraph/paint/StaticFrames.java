package org.memstacks.flamegraph.paint;

import java.io.IOException;
import java.io.UncheckedIOException;
import org.memstacks.flamegraph.layout.FrameVisitor;
import org.memstacks.flamegraph.layout.Geometry;
import org.memstacks.flamegraph.layout.Layout;
import org.memstacks.flamegraph.palette.FrameColors;
import org.memstacks.flamegraph.tree.Comparison;
import org.memstacks.flamegraph.tree.FrameTree;

/** Writes the frames which a picture shows without its script. */
final class StaticFrames implements FrameVisitor {
  private static final String NEW = " stroke=\"#b00000\" stroke-width=\"1.5\"";
  private static final String REMOVED =
      " stroke=\"#0000b0\" stroke-width=\"1.5\" stroke-dasharray=\"4 3\"";

  private final XmlOut out;
  private final FrameTree tree;
  private final Layout layout;
  private final Geometry geometry;
  private final FrameColors colors;
  private final Titles titles;
  private final Labels labels;
  private final FrameAttributes attributes;
  private final double height;

  StaticFrames(
      XmlOut out,
      FrameTree tree,
      Layout layout,
      Geometry geometry,
      FrameColors colors,
      PictureOptions options,
      FrameAttributes attributes) {
    this.out = out;
    this.tree = tree;
    this.layout = layout;
    this.geometry = geometry;
    this.colors = colors;
    this.titles =
        new Titles(tree, new Counts(tree.scale(), options.factor(), layout.base()), options);
    this.labels = new Labels(tree, options.truncateRight());
    this.attributes = attributes;
    this.height = geometry.height(layout.maxDepth());
  }

  @Override
  public void frame(int node, int depth, long start, long end) {
    try {
      write(node, depth, start, end);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private void write(int node, int depth, long start, long end) throws IOException {
    double left = layout.x(start);
    double right = layout.x(end);
    double top = geometry.frameTop(depth, height);
    FrameAttributes.Entry entry =
        node == 0 || attributes.isEmpty() ? null : attributes.of(tree.names().get(tree.name(node)));
    if (entry == null) {
      out.raw("<g>");
    } else {
      entry.open(out);
    }
    out.raw("<title>");
    if (entry != null && entry.title() != null) {
      out.text(entry.title());
    } else {
      out.text(labels.name(node)).raw(" ").text(titles.of(node, end - start));
    }
    double width = Math.rint(right * 100) / 100 - Math.rint(left * 100) / 100;
    out.raw("</title><rect x=\"").number(left).raw("\" y=\"").number(top);
    out.raw("\" width=\"").number(width).raw("\" height=\"").number(geometry.rectHeight());
    out.raw("\" fill=\"").rgb(colors.of(node)).raw("\" rx=\"2\" ry=\"2\"").raw(outline(node));
    out.raw("/><text x=\"").number(geometry.labelLeft(left));
    out.raw("\" y=\"").number(geometry.labelBase(top)).raw("\">");
    out.text(labels.fit(node, geometry.labelCharacters(right - left)));
    out.raw(entry == null ? "</text></g>\n" : entry.close());
  }

  private String outline(int node) {
    if (tree.comparison() != Comparison.INCLUSIVE || tree.before(node) == tree.after(node)) {
      return "";
    }
    return tree.before(node) == 0 ? NEW : tree.after(node) == 0 ? REMOVED : "";
  }
}
