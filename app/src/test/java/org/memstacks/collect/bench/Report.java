package org.memstacks.collect.bench;

import java.io.PrintStream;
import java.util.Locale;

/** The benchmark's output: tables on stdout, each figure against its goal where it has one. */
public final class Report {
  private final PrintStream out;
  private int missed;

  public Report(PrintStream out) {
    this.out = out;
  }

  public void section(String title) {
    out.printf("%n%s%n", title);
  }

  public void line(String format, Object... values) {
    out.println(String.format(Locale.ROOT, format, values));
  }

  /** A figure that is to be at most the goal. */
  public void goal(String what, double figure, double goal, String unit) {
    boolean reached = figure <= goal;
    missed += reached ? 0 : 1;
    line("  %-62s %8.2f %-2s goal %.2f %s", what, figure, unit, goal, reached ? "" : "MISSED");
  }

  public void skipped(String what, String reason) {
    line("  %s: SKIPPED: %s", what, reason);
  }

  /** Says how many figures missed their goals. */
  public void end() {
    section(missed == 0 ? "every goal reached" : missed + " goals missed");
  }
}
