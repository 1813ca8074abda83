package org.memstacks.flamegraph.paint;

import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import org.memstacks.flamegraph.layout.Geometry;
import org.memstacks.flamegraph.layout.Layout;
import org.memstacks.flamegraph.palette.DeltaColor;
import org.memstacks.flamegraph.palette.NameColors;
import org.memstacks.flamegraph.tree.FrameTree;

/** Writes a laid-out tree as one self-contained SVG, readable without its script. */
public final class SvgPainter {
  private static final String NO_FRAMES = "ERROR: No stack counts found, there are no frames.";

  private final PictureOptions options;
  private final Geometry geometry;

  public SvgPainter(PictureOptions options, Geometry geometry) {
    this.options = options;
    this.geometry = geometry;
  }

  /** Writes the picture; the stream is flushed, not closed. */
  public void paint(FrameTree tree, Layout layout, NameColors colors, OutputStream stream)
      throws IOException {
    XmlOut out = new XmlOut(stream);
    double height = geometry.height(layout.maxDepth());
    head(out, height);
    texts(out, height);
    out.raw("<g id=\"frames\">\n");
    FramePainter frames = new FramePainter(out, tree, layout, colors, height);
    try {
      layout.walk(frames::frame);
    } catch (UncheckedIOException e) {
      throw e.getCause();
    }
    out.raw("</g>\n</svg>\n");
    out.flush();
  }

  /** Writes a picture that says that there is nothing to draw. */
  public void paintEmpty(OutputStream stream) throws IOException {
    XmlOut out = new XmlOut(stream);
    double height = geometry.fontSize() * 5;
    root(out, height);
    out.raw("<text text-anchor=\"middle\" x=\"").number(geometry.width() / 2);
    out.raw("\" y=\"").number(geometry.titleBase()).raw("\">").raw(NO_FRAMES);
    out.raw("</text>\n</svg>\n");
    out.flush();
  }

  private void root(XmlOut out, double height) throws IOException {
    String width = Integer.toString(geometry.width());
    out.raw("<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"no\"?>\n");
    out.raw("<svg version=\"1.1\" xmlns=\"http://www.w3.org/2000/svg\" width=\"").raw(width);
    out.raw("\" height=\"").number(height).raw("\" viewBox=\"0 0 ").raw(width).raw(" ");
    out.number(height).raw("\" font-family=\"").text(DisplayName.of(options.fontType()));
    out.raw("\" font-size=\"").number(geometry.fontSize()).raw("\" fill=\"#000\"");
    out.raw(" data-nametype=\"").text(DisplayName.of(options.nameType()));
    out.raw("\" data-fontwidth=\"").number(geometry.fontSize() * geometry.fontWidth());
    out.raw("\" data-searchcolor=\"").text(options.searchColor()).raw("\">\n");
  }

  private void head(XmlOut out, double height) throws IOException {
    root(out, height);
    if (!options.notes().isEmpty()) {
      String notes = DisplayName.of(options.notes()).replace("-", "- ");
      out.raw("<!-- NOTES: ").text(notes).raw(" -->\n");
    }
    out.raw("<defs><linearGradient id=\"background\" y1=\"0\" y2=\"1\" x1=\"0\" x2=\"0\">");
    out.raw("<stop stop-color=\"").raw(options.background().top()).raw("\" offset=\"5%\"/>");
    out.raw("<stop stop-color=\"").raw(options.background().bottom()).raw("\" offset=\"95%\"/>");
    out.raw("</linearGradient></defs>\n");
    if (options.script()) {
      out.raw("<script><![CDATA[").raw(Script.text()).raw("]]></script>\n");
    }
  }

  private void texts(XmlOut out, double height) throws IOException {
    out.raw("<rect x=\"0\" y=\"0\" width=\"100%\" height=\"100%\" fill=\"url(#background)\"/>\n");
    int middle = geometry.width() / 2;
    out.raw("<text id=\"title\" text-anchor=\"middle\" x=\"").number(middle).raw("\" y=\"");
    out.number(geometry.titleBase()).raw("\" font-size=\"").number(geometry.fontSize() + 5);
    out.raw("\">").text(DisplayName.of(options.title())).raw("</text>\n");
    if (!options.subtitle().isEmpty()) {
      out.raw("<text id=\"subtitle\" text-anchor=\"middle\" x=\"").number(middle).raw("\" y=\"");
      out.number(geometry.subtitleBase()).raw("\" fill=\"#a0a0a0\">");
      out.text(DisplayName.of(options.subtitle())).raw("</text>\n");
    }
    out.raw("<text id=\"details\" x=\"").number(Geometry.X_PAD).raw("\" y=\"");
    out.number(geometry.detailsBase(height)).raw("\"> </text>\n");
  }

  private final class FramePainter {
    private final XmlOut out;
    private final FrameTree tree;
    private final Layout layout;
    private final NameColors colors;
    private final double height;
    private final Counts counts;
    private final String[] displayed;

    FramePainter(XmlOut out, FrameTree tree, Layout layout, NameColors colors, double height) {
      this.out = out;
      this.tree = tree;
      this.layout = layout;
      this.colors = colors;
      this.height = height;
      this.counts = new Counts(tree.scale(), options.factor(), layout.base());
      this.displayed = new String[tree.names().size()];
    }

    void frame(int node, int depth, long start, long end) {
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
      out.raw("<g><title>");
      title(node, end - start);
      out.raw("</title><rect x=\"").number(left).raw("\" y=\"").number(top);
      double width = Math.rint(right * 100) / 100 - Math.rint(left * 100) / 100;
      out.raw("\" width=\"").number(width).raw("\" height=\"").number(geometry.rectHeight());
      out.raw("\" fill=\"").raw(fill(node)).raw("\" rx=\"2\" ry=\"2\"/><text x=\"");
      out.number(geometry.labelLeft(left)).raw("\" y=\"").number(geometry.labelBase(top));
      out.raw("\">").text(label(node, geometry.labelCharacters(right - left)));
      out.raw("</text></g>\n");
    }

    private void title(int node, long value) throws IOException {
      String printed = counts.printed(value);
      out.text(node == 0 ? "all" : shown(node)).raw(" (").raw(Counts.grouped(printed)).raw(" ");
      out.text(DisplayName.of(options.countName())).raw(", ");
      if (node == 0) {
        out.raw("100%)");
        return;
      }
      out.raw(counts.percentOfPrinted(printed)).raw("%");
      if (tree.hasDelta(node)) {
        long delta = options.negate() ? -tree.delta(node) : tree.delta(node);
        out.raw("; ").raw(counts.percentOfDelta(delta)).raw("%");
      }
      out.raw(")");
    }

    private String shown(int node) {
      int name = tree.name(node);
      String text = displayed[name];
      if (text == null) {
        text = withoutAnnotation(DisplayName.of(tree.names().get(name)));
        displayed[name] = text;
      }
      return text;
    }

    private String label(int node, int characters) {
      if (characters == 0 || node == 0) {
        return "";
      }
      String name = shown(node);
      int length = name.codePointCount(0, name.length());
      if (length <= characters) {
        return name;
      }
      return options.truncateRight()
          ? ".." + name.substring(name.offsetByCodePoints(0, length - characters + 2))
          : name.substring(0, name.offsetByCodePoints(0, characters - 2)) + "..";
    }

    private String fill(int node) {
      int name = tree.name(node);
      int color =
          tree.hasDelta(node) && !isDashes(name)
              ? DeltaColor.of(tree.delta(node), maxDelta(), options.negate())
              : colors.of(name);
      return "rgb(" + (color >> 16) + "," + (color >> 8 & 0xFF) + "," + (color & 0xFF) + ")";
    }

    private boolean isDashes(int name) {
      return name >= 0 && (displayedEquals(name, "-") || displayedEquals(name, "--"));
    }

    private boolean displayedEquals(int name, String text) {
      return tree.names().length(name) == text.length()
          && DisplayName.of(tree.names().get(name)).equals(text);
    }

    /** flamegraph.pl's scale never ends below a difference of 1. */
    private double maxDelta() {
      double one = Math.pow(10, tree.scale());
      return Math.max(one, tree.largestDelta());
    }
  }

  /**
   * A name without the mark {@code _[k]}, {@code _[w]}, {@code _[i]} or {@code _[j]} at its end.
   */
  static String withoutAnnotation(String name) {
    int end = name.length() - 4;
    if (end >= 0
        && name.charAt(end) == '_'
        && name.charAt(end + 1) == '['
        && "kwij".indexOf(name.charAt(end + 2)) >= 0
        && name.charAt(end + 3) == ']') {
      return name.substring(0, end);
    }
    return name;
  }
}
