package org.memstacks.flamegraph.paint;

import java.io.IOException;
import org.memstacks.flamegraph.tree.Comparison;
import org.memstacks.flamegraph.tree.FrameTree;

/** Writes what a frame's title says behind its name, in parentheses. */
final class Titles {
  private static final byte[] OPEN = XmlOut.bytes(" (");
  private static final byte[] COMMA = XmlOut.bytes(", ");
  private static final byte[] PERCENT = XmlOut.bytes("%)");
  private static final byte[] PERCENT_DELTA = XmlOut.bytes("%; ");
  private static final byte[] WHOLE = XmlOut.bytes(", 100%)");
  private static final double SMALLEST_HUMAN = 1024;

  private final FrameTree tree;
  private final Counts counts;
  private final byte[] countName;
  private final boolean negate;
  private final double bytesEach;

  Titles(FrameTree tree, Counts counts, PictureOptions options) {
    this.tree = tree;
    this.counts = counts;
    this.countName = XmlOut.escaped(" " + DisplayName.of(options.countName()));
    this.negate = options.negate();
    this.bytesEach =
        options.units() == PictureOptions.HumanUnits.TITLES
            ? Units.bytesEach(options.countName())
            : 0;
  }

  /** Writes the text of a frame with a value, which for the root may exceed its own. */
  void write(XmlOut out, int node, long value) throws IOException {
    out.raw(OPEN);
    if (tree.comparison() == Comparison.INCLUSIVE) {
      comparison(out, tree.before(node), tree.after(node));
      return;
    }
    double printed = amount(out, value);
    if (node == 0) {
      out.raw(WHOLE);
      return;
    }
    out.raw(COMMA).twoDecimals(counts.percentOfPrinted(printed));
    if (tree.comparison() == Comparison.LEAF && tree.leafDeltas().has(node)) {
      long delta = tree.leafDeltas().of(node);
      out.raw(PERCENT_DELTA).raw(counts.percentOfDelta(negate ? -delta : delta));
    }
    out.raw(PERCENT);
  }

  /** Writes a count with its unit; returns the number as printed. */
  private double amount(XmlOut out, long value) throws IOException {
    double printed;
    if (counts.isPlain()) {
      printed = value;
      out.grouped(value);
    } else {
      String digits = counts.printed(value);
      printed = Double.parseDouble(digits);
      out.raw(Counts.grouped(digits));
    }
    out.raw(countName);
    equalling(out, printed);
    return printed;
  }

  /** Writes what a count comes to in the units that people read. */
  private void equalling(XmlOut out, double printed) throws IOException {
    double bytes = bytesEach * printed;
    if (Math.abs(bytes) >= SMALLEST_HUMAN) {
      out.raw(" = ").raw(Units.human(bytes));
    }
  }

  private void comparison(XmlOut out, long before, long after) throws IOException {
    String first = counts.printed(before);
    out.raw("before ").raw(Counts.grouped(first));
    equalling(out, Double.parseDouble(first));
    out.raw(", after ");
    amount(out, after);
    long delta = after - before;
    String difference = counts.printed(delta);
    out.raw(difference.startsWith("-") ? "; " : "; +").raw(Counts.grouped(difference));
    equalling(out, Double.parseDouble(difference));
    out.raw(COMMA).raw(change(before, after, delta)).raw(")");
  }

  private static String change(long before, long after, long delta) {
    if (before == 0) {
      return after == 0 ? "unchanged" : "new";
    }
    if (after == 0) {
      return "removed";
    }
    String percent = Fixed.toString(100.0 * delta / before, 2);
    if (percent.equals("-0.00")) {
      percent = "0.00";
    }
    return (percent.startsWith("-") ? "" : "+") + percent + "% of before";
  }
}
