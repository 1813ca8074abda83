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

  private static final byte[] GROUP = XmlOut.bytes("<g>");
  private static final byte[] GROUP_END = XmlOut.bytes("</g>\n");
  private static final byte[] TITLE = XmlOut.bytes("<title>");
  private static final byte[] RECT = XmlOut.bytes("</title><rect x=\"");
  private static final byte[] Y = XmlOut.bytes("\" y=\"");
  private static final byte[] WIDTH = XmlOut.bytes("\" width=\"");
  private static final byte[] QUOTE = XmlOut.bytes("\"");
  private static final byte[] TAG_END = XmlOut.bytes("\">");
  private static final byte[] LABEL = XmlOut.bytes("/><text x=\"");
  private static final byte[] LABEL_END = XmlOut.bytes("</text>");
  private static final byte[] NO_LABEL = XmlOut.bytes("/><text/>");

  private final XmlOut out;
  private final FrameTree tree;
  private final Layout layout;
  private final Geometry geometry;
  private final FrameColors colors;
  private final Titles titles;
  private final Labels labels;
  private final FrameAttributes attributes;
  private final double height;
  private final byte[] heightAndFill;

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
    this.labels = new Labels(tree, options.truncateLeft());
    this.attributes = attributes;
    this.height = geometry.height(layout.maxDepth());
    this.heightAndFill = XmlOut.bytes("\" height=\"" + geometry.rectHeight() + "\" fill=\"");
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
      out.raw(GROUP);
    } else {
      entry.open(out);
    }
    out.raw(TITLE);
    if (entry != null && entry.title() != null) {
      out.text(entry.title());
    } else {
      titles.write(out.raw(labels.escapedName(node)), node, end - start);
    }
    // Rounded ends, so that a frame never sticks out of the one below it.
    long start100 = (long) Math.rint(left * 100);
    long end100 = (long) Math.rint(right * 100);
    out.raw(RECT).hundredths(start100).raw(Y).number(top);
    out.raw(WIDTH).hundredths(end100 - start100).raw(heightAndFill);
    out.rgb(colors.of(node)).raw(QUOTE);
    if (tree.comparison() == Comparison.INCLUSIVE) {
      out.raw(outline(node));
    }
    String label = labels.fit(node, geometry.labelCharacters(right - left));
    if (label.isEmpty()) {
      out.raw(NO_LABEL);
    } else {
      out.raw(LABEL).number(geometry.labelLeft(left));
      out.raw(Y).number(geometry.labelBase(top)).raw(TAG_END).text(label).raw(LABEL_END);
    }
    out.raw(entry == null ? GROUP_END : entry.close());
  }

  private String outline(int node) {
    if (tree.before(node) == tree.after(node)) {
      return "";
    }
    return tree.before(node) == 0 ? NEW : tree.after(node) == 0 ? REMOVED : "";
  }
}
