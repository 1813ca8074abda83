package org.memstacks.collect.bench;

import java.io.IOException;
import java.util.EnumMap;
import java.util.Map;
import org.memstacks.bpf.Layouts.Stat;
import org.memstacks.collect.AllocationProfile;
import org.memstacks.collect.AttachKind;
import org.memstacks.collect.Counters;
import org.memstacks.collect.StackValue;
import org.memstacks.collect.bench.LoopTarget.Run;
import org.memstacks.collect.bench.LoopTarget.Shape;

/**
 * What a tight loop of malloc and free pays for being traced, against the same loop with empty
 * probes. Variants take turns in every round, so that a busy moment of the machine falls on all of
 * them.
 */
final class LoopBenchmark {
  /** In what way the loop runs. */
  enum Variant {
    UNTRACED("untraced"),
    FLOOR("empty probes: malloc entry and return, free"),
    UNFREED("memstacks, unfreed mode"),
    ONE_PROBE("one empty probe: malloc entry"),
    ALL("memstacks, all mode");

    private final String title;

    Variant(String title) {
      this.title = title;
    }
  }

  /**
   * The loop's stacks and threads.
   *
   * @param unfreedGoal times the floor; 0 for none
   * @param allGoal times one empty probe; 0 for none
   */
  record Load(String title, Shape shape, int threads, double unfreedGoal, double allGoal) {}

  private final LoopTarget target;
  private final Traced traced;
  private final int rounds;
  private final int milliseconds;

  LoopBenchmark(LoopTarget target, Traced traced, int rounds, int milliseconds) {
    this.target = target;
    this.traced = traced;
    this.rounds = rounds;
    this.milliseconds = milliseconds;
  }

  /**
   * Nanoseconds of CPU time per pair, by variant; their medians are reported, and those of the
   * ratios within a round.
   */
  Map<Variant, Samples> measure(AttachKind kind, Load load, Report report) throws IOException {
    Map<Variant, double[]> times = new EnumMap<>(Variant.class);
    for (int round = 0; round < rounds; round++) {
      for (Variant variant : Variant.values()) {
        times.computeIfAbsent(variant, v -> new double[rounds])[round] =
            run(kind, load, variant).nanosPerPair();
        target.drop();
      }
    }
    Map<Variant, Samples> samples = new EnumMap<>(Variant.class);
    times.forEach((variant, values) -> samples.put(variant, new Samples(values)));
    report(kind, load, samples, report);
    return samples;
  }

  private static void report(
      AttachKind kind, Load load, Map<Variant, Samples> samples, Report report) {
    report.section("%s, attached by %s".formatted(load.title, kind.name().toLowerCase()));
    samples.forEach(
        (variant, nanos) -> report.line("  %-62s %8.0f ns/pair", variant.title, nanos.median()));
    ratio(report, samples, Variant.UNFREED, Variant.FLOOR, load.unfreedGoal);
    ratio(report, samples, Variant.ALL, Variant.ONE_PROBE, load.allGoal);
  }

  private static void ratio(
      Report report, Map<Variant, Samples> samples, Variant mode, Variant floor, double goal) {
    String what = "%s: times its empty probes".formatted(mode.title);
    double ratio = samples.get(mode).over(samples.get(floor)).median();
    if (goal > 0) {
      report.goal(what, ratio, goal, "");
    } else {
      report.line("  %-62s %8.2f", what, ratio);
    }
  }

  private Run run(AttachKind kind, Load load, Variant variant) throws IOException {
    Traced.Work<Run> work = () -> target.run(load.shape, load.threads, milliseconds);
    return switch (variant) {
      case UNTRACED -> work.run();
      case FLOOR, ONE_PROBE -> traced.underEmptyProbes(kind, variant == Variant.ONE_PROBE, work);
      case UNFREED, ALL ->
          traced.underMemstacks(
              kind,
              variant == Variant.ALL,
              work,
              (run, profile) -> check(load, run, variant == Variant.ALL, profile));
    };
  }

  /** Fails unless the collector counted what the loop says it did. */
  private static void check(Load load, Run run, boolean all, AllocationProfile profile) {
    Counters counters = profile.counters();
    long calls = run.pairs() + run.kept();
    long inStacks = all ? calls : run.kept();
    // In all mode the calls in the timed loop count too, which come from another place.
    int stacks = (all ? 2 : 1) * run.stacks();
    String mode = load.title + (all ? ", all" : ", unfreed");
    same(mode, "allocations", calls, counters.get(Stat.ALLOCATIONS));
    same(mode, "frees", all ? 0 : run.pairs(), counters.get(Stat.FREED_BLOCKS));
    same(mode, "stacks", stacks, profile.stacks().size());
    same(
        mode,
        "blocks in stacks",
        inStacks,
        profile.stacks().stream().mapToLong(StackValue::blocks).sum());
    same(mode, "bytes", inStacks * LoopTarget.BLOCK_BYTES, profile.totalBytes());
    same(mode, "missed returns", 0, profile.missedReturns().blocks());
    same(mode, "kinds of incomplete stacks", 0, profile.incompleteBytes().size());
  }

  private static void same(String mode, String what, long loop, long memstacks) {
    if (loop != memstacks) {
      throw new IllegalStateException(
          "%s: %s: the loop says %,d, memstacks %,d".formatted(mode, what, loop, memstacks));
    }
  }
}
