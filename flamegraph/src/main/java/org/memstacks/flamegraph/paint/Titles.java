package org.memstacks.flamegraph.paint;

import org.memstacks.flamegraph.tree.FrameTree;

/** What a frame's title says behind its name, in parentheses; not escaped. */
final class Titles {
  private final FrameTree tree;
  private final Counts counts;
  private final String countName;
  private final boolean negate;
  private final double bytesEach;

  Titles(FrameTree tree, Counts counts, PictureOptions options) {
    this.tree = tree;
    this.counts = counts;
    this.countName = DisplayName.of(options.countName());
    this.negate = options.negate();
    this.bytesEach =
        options.units() == PictureOptions.HumanUnits.TITLES
            ? Units.bytesEach(options.countName())
            : 0;
  }

  /** The text of a frame with a value, which for the root may exceed its own. */
  String of(int node, long value) {
    return switch (tree.comparison()) {
      case INCLUSIVE -> comparison(tree.before(node), tree.after(node));
      case LEAF -> share(node, value, tree.leafDeltas().has(node));
      case NONE -> share(node, value, false);
    };
  }

  private String share(int node, long value, boolean compared) {
    String printed = counts.printed(value);
    String amount = "(" + Counts.grouped(printed) + " " + countName + units(printed);
    if (node == 0) {
      return amount + ", 100%)";
    }
    String share = amount + ", " + counts.percentOfPrinted(printed) + "%";
    if (!compared) {
      return share + ")";
    }
    long delta = tree.leafDeltas().of(node);
    return share + "; " + counts.percentOfDelta(negate ? -delta : delta) + "%)";
  }

  private String comparison(long before, long after) {
    String a = counts.printed(after);
    long delta = after - before;
    String difference = Counts.grouped(counts.printed(delta));
    String text =
        "(before "
            + Counts.grouped(counts.printed(before))
            + ", after "
            + Counts.grouped(a)
            + " "
            + countName
            + units(a)
            + "; "
            + (delta < 0 ? "" : "+")
            + difference
            + ", ";
    return text + change(before, after, delta) + ")";
  }

  private static String change(long before, long after, long delta) {
    if (before == 0) {
      return after == 0 ? "unchanged" : "new";
    }
    if (after == 0) {
      return "removed";
    }
    String percent = Fixed.toString(100.0 * delta / before, 2);
    return (delta < 0 ? "" : "+") + percent + "% of before";
  }

  private String units(String printed) {
    double bytes = bytesEach * Double.parseDouble(printed);
    return Math.abs(bytes) < 1024 ? "" : " = " + Units.human(bytes);
  }
}
