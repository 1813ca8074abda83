package org.memstacks.flamegraph.paint;

import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.util.Locale;
import org.memstacks.flamegraph.layout.Geometry;
import org.memstacks.flamegraph.layout.Layout;
import org.memstacks.flamegraph.palette.FrameColors;
import org.memstacks.flamegraph.store.Packing;
import org.memstacks.flamegraph.tree.FrameTree;

/**
 * Writes a laid-out tree as one self-contained SVG: a content security policy, the frames to be
 * read without script, and, if wanted, the whole tree in compact form with the script that draws
 * from it.
 */
public final class SvgPainter {
  private static final String NO_FRAMES = "ERROR: No stack counts found, so there are no frames.";
  private static final String PROLOG =
      "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"no\"?>\n";
  private static final int TITLE_LARGER = 5;

  private final PictureOptions options;
  private final Geometry geometry;
  private final FrameAttributes attributes;

  public SvgPainter(PictureOptions options, Geometry geometry, FrameAttributes attributes) {
    this.options = options;
    this.geometry = geometry;
    this.attributes = attributes;
  }

  /**
   * Writes the picture; the stream is flushed, not closed.
   *
   * @param packing the whole tree for the script; null if the options leave the script out
   */
  public void paint(
      FrameTree tree, Layout layout, FrameColors colors, Packing packing, OutputStream stream)
      throws IOException {
    XmlOut out = new XmlOut(stream);
    out.raw(PROLOG);
    String head = options.script() ? Shell.scriptedHead() : Shell.plainHead();
    paint(tree, layout, colors, packing, out, head);
  }

  /** Writes the picture as an element of an HTML page. */
  void paintInline(FrameTree tree, Layout layout, FrameColors colors, Packing packing, XmlOut out)
      throws IOException {
    paint(tree, layout, colors, packing, out, Shell.inlineStyle());
  }

  private void paint(
      FrameTree tree, Layout layout, FrameColors colors, Packing packing, XmlOut out, String head)
      throws IOException {
    double height = geometry.height(layout.maxDepth());
    openRoot(out, height);
    StoreWriter store = null;
    if (options.script()) {
      store = new StoreWriter(out, tree, colors.names(), attributes, packing);
      settings(out, tree, layout, colors);
    }
    out.raw(">\n");
    out.raw(head);
    if (options.script()) {
      out.raw(Shell.scriptElement());
    }
    notes(out);
    definitions(out);
    texts(out, height);
    out.raw("<g id=\"frames\">\n");
    StaticFrames frames =
        new StaticFrames(out, tree, layout, geometry, colors, options, attributes);
    try {
      layout.walk(frames);
    } catch (UncheckedIOException e) {
      throw e.getCause();
    }
    out.raw("</g>\n");
    if (store != null) {
      store.write();
    }
    out.raw("</svg>\n");
    out.flush();
  }

  /** Writes a picture that says that there is nothing to draw. */
  public void paintEmpty(OutputStream stream) throws IOException {
    XmlOut out = new XmlOut(stream);
    out.raw(PROLOG);
    openRoot(out, geometry.fontSize() * 5);
    out.raw(">\n<text text-anchor=\"middle\" x=\"").number(geometry.width() / 2);
    out.raw("\" y=\"").number(geometry.titleBase()).raw("\">").raw(NO_FRAMES);
    out.raw("</text>\n</svg>\n");
    out.flush();
  }

  private void openRoot(XmlOut out, double height) throws IOException {
    String width = Integer.toString(geometry.width());
    out.raw("<svg version=\"1.1\" xmlns=\"http://www.w3.org/2000/svg\" width=\"").raw(width);
    out.raw("\" height=\"").number(height).raw("\" viewBox=\"0 0 ").raw(width).raw(" ");
    out.number(height).raw("\" font-size=\"").number(geometry.fontSize()).raw("\" fill=\"#000\"");
    out.attribute("font-family", fontFamily());
  }

  /** The font asked for as a quoted name, then what every system has. */
  private String fontFamily() {
    String name = DisplayName.of(options.fontType()).replace("\\", "").replace("\"", "");
    return "\"" + name.replace("'", "") + "\", \"DejaVu Sans\", sans-serif";
  }

  /** What the script needs to know, as attributes of the root element. */
  private void settings(XmlOut out, FrameTree tree, Layout layout, FrameColors colors)
      throws IOException {
    out.attribute("data-frames", Integer.toString(tree.size()));
    out.attribute("data-base", Long.toString(layout.base()));
    out.attribute("data-scale", Integer.toString(tree.scale()));
    out.attribute("data-factor", options.factor() == null ? "1" : options.factor().toPlainString());
    out.attribute("data-countname", DisplayName.of(options.countName()));
    out.attribute("data-nametype", DisplayName.of(options.nameType()));
    out.attribute("data-width", Integer.toString(geometry.width()));
    out.attribute("data-fluid", Boolean.toString(options.fluid()));
    out.attribute("data-frameheight", Integer.toString(geometry.frameHeight()));
    out.attribute("data-fontsize", Double.toString(geometry.fontSize()));
    out.attribute("data-fontwidth", Double.toString(geometry.fontWidth()));
    out.attribute("data-minwidth", layout.minWidth().text());
    out.attribute("data-inverted", Boolean.toString(geometry.inverted()));
    out.attribute("data-searchcolor", options.searchColor());
    out.attribute("data-comparison", tree.comparison().name().toLowerCase(Locale.ROOT));
    out.attribute("data-largestdelta", Double.toString(colors.largestDelta()));
    out.attribute("data-negate", Boolean.toString(options.negate()));
    out.attribute("data-truncate", options.truncateLeft() ? "left" : "right");
    String units =
        switch (options.units()) {
          case NOWHERE -> "none";
          case DETAILS -> "details";
          case TITLES -> "auto";
        };
    out.attribute("data-units", units);
  }

  private void notes(XmlOut out) throws IOException {
    if (!options.notes().isEmpty()) {
      String spaced = DisplayName.of(options.notes()).replace("--", "- -").replace("--", "- -");
      out.raw("<!-- NOTES: ").text(spaced).raw(" -->\n");
    }
  }

  private void definitions(XmlOut out) throws IOException {
    out.raw("<defs><linearGradient id=\"background\" y1=\"0\" y2=\"1\" x1=\"0\" x2=\"0\">");
    out.raw("<stop offset=\"5%\"").attribute("stop-color", options.background().top());
    out.raw("/><stop offset=\"95%\"").attribute("stop-color", options.background().bottom());
    out.raw("/></linearGradient><pattern id=\"narrow\" width=\"4\" height=\"4\"");
    out.raw(" patternUnits=\"userSpaceOnUse\" patternTransform=\"rotate(45)\">");
    out.raw("<rect width=\"4\" height=\"4\" fill=\"#d5d5d8\"/>");
    out.raw("<rect width=\"2\" height=\"4\" fill=\"#9a9aa0\"/></pattern></defs>\n");
  }

  private void texts(XmlOut out, double height) throws IOException {
    out.raw("<rect id=\"backdrop\" width=\"100%\" height=\"100%\" fill=\"url(#background)\"/>\n");
    int middle = geometry.width() / 2;
    out.raw("<text id=\"title\" text-anchor=\"middle\" x=\"").number(middle).raw("\" y=\"");
    out.number(geometry.titleBase()).raw("\" font-size=\"");
    out.number(geometry.fontSize() + TITLE_LARGER);
    out.raw("\">").text(DisplayName.of(options.title())).raw("</text>\n");
    if (!options.subtitle().isEmpty()) {
      out.raw("<text id=\"subtitle\" text-anchor=\"middle\" x=\"").number(middle).raw("\" y=\"");
      out.number(geometry.subtitleBase()).raw("\" fill=\"#6a6a6a\">");
      out.text(DisplayName.of(options.subtitle())).raw("</text>\n");
    }
    out.raw("<text id=\"details\" x=\"").number(Geometry.X_PAD).raw("\" y=\"");
    out.number(geometry.detailsBase(height)).raw("\"> </text>\n");
  }
}
