package org.memstacks.fault.bench;

import java.io.IOException;
import java.nio.file.Path;
import org.memstacks.bpf.Layouts.PageChunk;
import org.memstacks.collect.bench.Machine;
import org.memstacks.collect.bench.Report;
import org.memstacks.collect.bench.Samples;

/**
 * Part of {@code make bench}: what following page faults costs the traced process, beside what perf
 * takes for it.
 *
 * <p>Usage: {@code FaultBenchmark TOUCH PGFAULTSTACKS ROUNDS}. Exits with 1 when something could
 * not be measured, or pgfaultstacks did not count what the program touched; a missed goal is
 * printed.
 */
final class FaultBenchmark {
  private static final long PAGES = 131_072;
  private static final int RATE_SECONDS = 5;
  private static final long RATE_PAGES_PER_SECOND = 100_000_000L / 4096;
  private static final long MANY = (4L << 30) / 4096;
  private static final double PERF_GOAL = 1.0 / 3;
  private static final double RATE_GOAL_PERCENT = 1.5;
  private static final double BYTES_GOAL = 10;

  private final TouchTarget target;
  private final Path command;
  private final int rounds;
  private final Report report;

  private FaultBenchmark(TouchTarget target, Path command, int rounds, Report report) {
    this.target = target;
    this.command = command;
    this.rounds = rounds;
    this.report = report;
  }

  public static void main(String[] args) throws IOException {
    Report report = new Report(System.out);
    report.line("%s", Machine.description());
    try (TouchTarget target = new TouchTarget(Path.of(args[0]));
        TouchTarget copy = new TouchTarget(Path.of(args[0]))) {
      FaultBenchmark benchmark =
          new FaultBenchmark(target, Path.of(args[1]), Integer.parseInt(args[2]), report);
      benchmark.measureFaults(
          "a loop that touches %,d fresh pages and does nothing else",
          "touch_pages", () -> target.touch(PAGES));
      benchmark.measureFaults(
          "%,d pages in random order, from 500 stacks of 30 frames in random order",
          "touch_from_stacks", () -> target.stacks(PAGES));
      benchmark.measureRate(copy);
      benchmark.measureMany();
    } catch (IllegalStateException e) {
      report.section("FAILED: " + e.getMessage());
      System.exit(1);
    }
    report.end();
  }

  /** What is to be timed. */
  @FunctionalInterface
  private interface Work {
    TouchTarget.Run run() throws IOException;
  }

  private TouchTarget.Run untraced(Work work) throws IOException {
    TouchTarget.Run run = work.run();
    target.drop();
    return run;
  }

  private TouchTarget.Run traced(Work work, String function) throws IOException {
    try (Tracing tracing = Tracing.pgfaultstacks(command, target.pid(), 2 * PAGES)) {
      TouchTarget.Run run = work.run();
      check(tracing.stopAndCount(function), run);
      target.drop();
      return run;
    }
  }

  private TouchTarget.Run underPerf(Work work) throws IOException {
    try (Tracing tracing = Tracing.perf(target.pid())) {
      TouchTarget.Run run = work.run();
      tracing.stopAndExpect(run.pages());
      target.drop();
      return run;
    }
  }

  private static void check(long counted, TouchTarget.Run run) {
    if (counted != run.pages()) {
      throw new IllegalStateException(
          "pgfaultstacks counted %,d pages of %,d".formatted(counted, run.pages()));
    }
  }

  /**
   * Compares the least times: that a virtual machine's host has to find memory for a page, which
   * takes longer than all of the rest, is no cost of tracing.
   */
  private void measureFaults(String title, String function, Work work) throws IOException {
    boolean perf = Tracing.perfIsInstalled();
    double[] untraced = new double[rounds];
    double[] ours = new double[rounds];
    double[] theirs = new double[rounds];
    untraced(work);
    for (int round = 0; round < rounds; round++) {
      untraced[round] = untraced(work).nanosPerPage();
      ours[round] = traced(work, function).nanosPerPage();
      theirs[round] = perf ? underPerf(work).nanosPerPage() : 0;
    }
    double base = new Samples(untraced).least();
    double pgfaultstacks = new Samples(ours).least();
    report.section(title.formatted(PAGES));
    report.line("  %-62s %8.0f ns/page", "untraced", base);
    report.line("  %-62s %8.0f ns/page", "pgfaultstacks", pgfaultstacks);
    if (!perf) {
      report.skipped("perf record -e page-faults -c 1 -g", "not installed");
      return;
    }
    double other = new Samples(theirs).least();
    report.line("  %-62s %8.0f ns/page", "perf record -e page-faults -c 1 -g", other);
    report.goal(
        "time pgfaultstacks adds, over what perf adds",
        (pgfaultstacks - base) / (other - base),
        PERF_GOAL,
        "");
  }

  /**
   * Seconds of the traced program and of a copy that is not traced take turns, as long as it is
   * traced.
   */
  private void measureRate(TouchTarget copy) throws IOException {
    double[] added = new double[rounds * RATE_SECONDS];
    for (int round = 0; round < rounds; round++) {
      try (Tracing tracing = Tracing.pgfaultstacks(command, target.pid(), 2 * PAGES)) {
        for (int second = 1; second <= RATE_SECONDS; second++) {
          TouchTarget.Run traced = target.grow(RATE_PAGES_PER_SECOND, 1);
          if (second == RATE_SECONDS) {
            check(tracing.stopAndCount("touch_pages"), traced);
          }
          target.drop();
          TouchTarget.Run untraced = copy.grow(RATE_PAGES_PER_SECOND, 1);
          copy.drop();
          added[round * RATE_SECONDS + second - 1] = 100 * (traced.share() - untraced.share());
        }
      }
    }
    report.section("a program that grows by 100 MB/s, %d s".formatted(RATE_SECONDS));
    report.goal("of one CPU more", new Samples(added).median(), RATE_GOAL_PERCENT, "%");
  }

  private void measureMany() throws IOException {
    try (Tracing tracing = Tracing.pgfaultstacks(command, target.pid(), MANY + MANY / 64)) {
      TouchTarget.Run run = target.random(MANY);
      long bytes = tracing.pageTableBytes((int) PageChunk.SIZE);
      check(tracing.stopAndCount("touch_in_order"), run);
      target.drop();
      report.section("4 GiB touched in random order");
      report.goal("kernel memory of its table", (double) bytes / run.pages(), BYTES_GOAL, "bytes");
    }
  }
}
