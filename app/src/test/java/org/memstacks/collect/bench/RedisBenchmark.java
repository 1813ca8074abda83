package org.memstacks.collect.bench;

import java.io.IOException;
import org.memstacks.bpf.Layouts.Stat;
import org.memstacks.collect.AllocationProfile;
import org.memstacks.collect.AttachKind;
import org.memstacks.collect.bench.RedisServer.Run;

/** What a real server keeps of its throughput: redis with its jemalloc, under redis-benchmark. */
final class RedisBenchmark {
  private RedisBenchmark() {}

  static void measure(AttachKind kind, int rounds, int requests, Report report) throws IOException {
    report.section("redis-server under redis-benchmark, " + requests + " SETs a round");
    if (!RedisServer.isInstalled()) {
      report.skipped("redis", "redis-server or redis-benchmark is not installed");
      return;
    }
    Run[] untraced = new Run[rounds];
    Run[] unfreed = new Run[rounds];
    Run[] all = new Run[rounds];
    long[] allocations = new long[1];
    try (RedisServer server = new RedisServer()) {
      Traced.Work<Run> work = () -> server.set(requests);
      work.run();
      Traced traced = new Traced(server.pid());
      Traced.Check<Run> check = (run, profile) -> allocations[0] = check(requests, profile);
      for (int round = 0; round < rounds; round++) {
        untraced[round] = work.run();
        unfreed[round] = traced.underMemstacks(kind, false, work, check);
        all[round] = traced.underMemstacks(kind, true, work, check);
      }
    }
    report.line("  allocations per request: %.1f", (double) allocations[0] / requests);
    line(report, "untraced", untraced, untraced);
    line(report, "memstacks, unfreed mode", unfreed, untraced);
    line(report, "memstacks, all mode", all, untraced);
  }

  private static void line(Report report, String title, Run[] runs, Run[] untraced) {
    double perSecond = perSecond(runs);
    report.line(
        "  %-30s %8.0f requests/s  %5.1f %% kept  %6.0f ns of server CPU per request",
        title, perSecond, 100 * perSecond / perSecond(untraced), samples(runs, false).median());
  }

  private static double perSecond(Run[] runs) {
    return samples(runs, true).median();
  }

  private static Samples samples(Run[] runs, boolean throughput) {
    double[] values = new double[runs.length];
    for (int i = 0; i < runs.length; i++) {
      values[i] = throughput ? runs[i].perSecond() : runs[i].serverNanos();
    }
    return new Samples(values);
  }

  /** Every SET stores a value of its own: fewer allocations than requests were not all seen. */
  private static long check(int requests, AllocationProfile profile) {
    long seen = profile.counters().get(Stat.ALLOCATIONS);
    if (seen < requests) {
      throw new IllegalStateException(
          "redis served %,d SETs and memstacks saw %,d allocations".formatted(requests, seen));
    }
    return seen;
  }
}
