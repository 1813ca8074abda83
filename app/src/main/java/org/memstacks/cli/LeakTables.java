package org.memstacks.cli;

import java.io.IOException;
import java.util.List;
import java.util.Locale;
import org.memstacks.collect.Outstanding;
import org.memstacks.collect.Verdict;
import org.memstacks.report.HumanBytes;
import org.memstacks.report.HumanTime;
import org.memstacks.report.Trend;
import org.memstacks.report.TrendTable;

/** What is live, ranked and judged, as a table for people. */
final class LeakTables {
  private final ViewOptions view;
  private final boolean alone;
  private final Appendable to;

  /**
   * @param alone whether all stacks are of one process
   */
  LeakTables(ViewOptions view, boolean alone, Appendable to) {
    this.view = view;
    this.alone = alone;
    this.to = to;
  }

  /**
   * Writes one table, its time and total first.
   *
   * @param nanos of the window so far
   * @param ranked the most important first
   */
  void write(long nanos, List<Trend> ranked) throws IOException {
    to.append(String.format(Locale.ROOT, "after %s: %s\n", HumanTime.of(nanos), total(ranked)));
    TrendTable.write(ranked, view.top(), alone, to);
    to.append('\n');
  }

  private static String total(List<Trend> trends) {
    List<Trend> mappings = trends.stream().filter(Trend::isMapping).toList();
    List<Trend> blocks = trends.stream().filter(trend -> !trend.isMapping()).toList();
    return amount("block", blocks)
        + (mappings.isEmpty() ? "" : " and " + amount("mapping", mappings))
        + " not freed, in "
        + Count.stacks(trends.size());
  }

  private static String amount(String thing, List<Trend> trends) {
    List<Outstanding> all = trends.stream().map(Trend::outstanding).toList();
    return Count.of(thing, all.stream().mapToLong(Outstanding::blocks).sum())
        + " of "
        + HumanBytes.of(all.stream().mapToLong(Outstanding::bytes).sum());
  }

  /**
   * How many stacks grow, and how fast.
   *
   * @param filtered whether some of the process's blocks were left out
   */
  static String verdict(List<Trend> trends, boolean filtered) {
    List<Trend> growing = of(Verdict.GROWING, trends);
    int unclear = of(Verdict.TOO_EARLY, trends).size();
    String grows =
        growing.isEmpty()
            ? "no stack is known to grow"
            : String.format(
                Locale.ROOT,
                "%,d %s, together by %s/s",
                growing.size(),
                growing.size() == 1 ? "stack grows" : "stacks grow",
                HumanBytes.of(
                    Math.round(growing.stream().mapToDouble(Trend::bytesPerSecond).sum())));
    return grows + unclear(unclear, filtered) + (growing.isEmpty() ? onlyRose(trends) : "");
  }

  private static String unclear(int unclear, boolean filtered) {
    return unclear == 0
        ? ""
        : String.format(
            Locale.ROOT,
            "; of %,d it is too early to tell: trace for longer%s",
            unclear,
            filtered
                ? ", or without -t, --min-size and --max-size, with which frees of what they leave out may be taken for frees of blocks from before the window"
                : "");
  }

  /** Where none grows: what may be called so in a longer window. */
  private static String onlyRose(List<Trend> trends) {
    List<Trend> rose =
        trends.stream()
            .filter(trend -> trend.verdict() != Verdict.TOO_EARLY)
            .filter(Trend::onlyRises)
            .toList();
    return rose.isEmpty()
        ? ""
        : String.format(
            Locale.ROOT,
            "; but %s only rose, as a leak does or what still fills up, the largest to %s: trace for longer",
            Count.stacks(rose.size()),
            HumanBytes.of(
                rose.stream().mapToLong(t -> t.outstanding().bytes()).max().orElseThrow()));
  }

  private static List<Trend> of(Verdict verdict, List<Trend> trends) {
    return trends.stream().filter(trend -> trend.verdict() == verdict).toList();
  }
}
