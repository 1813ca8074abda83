package org.memstacks.report;

import java.io.IOException;
import java.util.List;
import java.util.Locale;
import java.util.SequencedMap;

/** The end report: what the run was and saw, and the first stacks of the ranking in full. */
public final class LeakReport {
  private LeakReport() {}

  /**
   * @param facts by name, in the order to be shown
   * @param ranked the most important first
   * @param top how many to show
   */
  public static void write(
      SequencedMap<String, String> facts, List<Trend> ranked, int top, Appendable out)
      throws IOException {
    for (var fact : facts.entrySet()) {
      out.append(
          String.format(
              Locale.ROOT,
              "%-13s %s\n",
              fact.getKey(),
              fact.getValue().replaceAll("\\p{Cntrl}", " ")));
    }
    int number = 0;
    for (Trend trend : ranked.subList(0, Math.min(top, ranked.size()))) {
      out.append(
          String.format(
              Locale.ROOT,
              "\n%d. %s: %s in %,d %s, %s, oldest %s, grew in %d of %d looks\n",
              ++number,
              trend.verdict().text(),
              HumanBytes.of(trend.outstanding().bytes()),
              trend.outstanding().blocks(),
              trend.isMapping() ? "mappings" : "blocks",
              trend.growth(),
              trend.age(),
              trend.rises(),
              trend.steps()));
      for (String frame : trend.frames().reversed()) {
        out.append("    ").append(frame).append('\n');
      }
    }
    if (ranked.size() > top) {
      out.append(String.format(Locale.ROOT, "\n%,d more (--top)\n", ranked.size() - top));
    }
  }
}
