package org.memstacks.report;

import java.io.IOException;
import java.util.List;
import java.util.Locale;
import org.memstacks.mapping.MappingFunction;

/** A line a stack: how much, how fast, since when, and the verdict. */
public final class TrendTable {
  private static final int MOST_FRAMES = 8;
  private static final int PATH_WIDTH = 110;
  private static final String ROW = "%11s %9s %12s %8s %7s  %-9s  %s%n".replace("%n", "\n");

  private TrendTable() {}

  /**
   * @param ranked the most important first
   * @param top how many to show
   * @param alone whether all are of one process, which is then not named
   */
  public static void write(List<Trend> ranked, int top, boolean alone, Appendable out)
      throws IOException {
    row(out, "bytes", "blocks", "growth", "age", "grew", "verdict", "allocated in");
    for (Trend trend : ranked.subList(0, Math.min(top, ranked.size()))) {
      row(
          out,
          HumanBytes.of(trend.outstanding().bytes()),
          String.format(Locale.ROOT, "%,d", trend.outstanding().blocks()),
          trend.growth(),
          trend.age(),
          trend.rises() + "/" + trend.steps(),
          trend.verdict().text(),
          alone ? path(trend.frames()) : path(trend.frames()) + " < " + trend.frames().getFirst());
    }
  }

  private static void row(Appendable out, Object... fields) throws IOException {
    out.append(String.format(Locale.ROOT, ROW, fields));
  }

  /**
   * The callers of the allocation function, innermost first, as many as fit in a line; those within
   * the C++ library are left out. A function that maps memory comes first itself.
   *
   * @param frames root first
   */
  public static String path(List<String> frames) {
    StringBuilder path = new StringBuilder();
    boolean mapped = MappingFunction.isOfMappings(frames.getLast());
    int first = Math.max(1, frames.size() - (mapped ? 1 : 2));
    while (first > 1 && ShortName.isLibrary(frames.get(first))) {
      first--;
    }
    for (int i = first; i >= 1; i--) {
      String frame = ShortName.of(frames.get(i));
      if (i < first) {
        if (first - i >= MOST_FRAMES || path.length() + frame.length() > PATH_WIDTH) {
          return path + " < ...";
        }
        path.append(" < ");
      }
      path.append(frame);
    }
    return path.toString();
  }
}
