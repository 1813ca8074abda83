package org.memstacks.collect.bench;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.memstacks.collect.AttachKind;
import org.memstacks.collect.bench.LoopBenchmark.Load;
import org.memstacks.collect.bench.LoopBenchmark.Variant;
import org.memstacks.collect.bench.LoopTarget.Shape;
import org.memstacks.target.Mapping;
import org.memstacks.target.MemoryMap;

/**
 * {@code make bench}: measures what memstacks costs the process it traces and prints it beside the
 * goals.
 *
 * <p>Usage: {@code ProbeBenchmark LOOP MEMSTACKS ROUNDS MILLISECONDS [PART...]}, parts as in {@link
 * Part}, all of them by default. Exits with 1 when something could not be measured or the collector
 * did not count what the loop did; a missed goal is printed.
 */
final class ProbeBenchmark {
  /** What there is to measure. */
  private enum Part {
    LOOP,
    WALK,
    KINDS,
    ATTACH,
    KILL,
    REDIS,
    PEERS
  }

  private static final double TWO_THREADS_GOAL = 1.2;
  private static final double FRAME_GOAL = 120;
  private static final double ATTACH_GOAL_MILLIS = 300;
  private static final double KILL_GOAL_MILLIS = 1000;
  private static final int REDIS_REQUESTS = 100_000;

  private static final Load REPEAT =
      new Load("one stack of 7 frames, again and again", Shape.REPEAT, 1, 1.2, 1.4);
  private static final List<Load> DIFFERENT =
      List.of(
          new Load("1,000 stacks of 8 frames in turn", Shape.SAME_SP, 1, 1.7, 0),
          new Load("1,000 stacks of 8 to 32 frames in turn", Shape.DEPTHS, 1, 1.7, 0));
  private static final Load TWO_THREADS =
      new Load("2 threads, one stack of 7 frames each", Shape.REPEAT, 2, 1.2, 1.4);

  private final Report report;
  private final int rounds;
  private final int milliseconds;

  private ProbeBenchmark(Report report, int rounds, int milliseconds) {
    this.report = report;
    this.rounds = rounds;
    this.milliseconds = milliseconds;
  }

  public static void main(String[] args) throws IOException {
    Set<Part> parts = EnumSet.allOf(Part.class);
    if (args.length > 4) {
      parts.clear();
      Arrays.stream(args).skip(4).forEach(part -> parts.add(Part.valueOf(part.toUpperCase())));
    }
    Report report = new Report(System.out);
    ProbeBenchmark benchmark =
        new ProbeBenchmark(report, Integer.parseInt(args[2]), Integer.parseInt(args[3]));
    report.line("%s", Machine.description());
    try (LoopTarget target = new LoopTarget(Path.of(args[0]))) {
      benchmark.measure(parts, target, Path.of(args[1]));
    } catch (IllegalStateException e) {
      report.section("FAILED: " + e.getMessage());
      System.exit(1);
    }
    report.end();
  }

  private void measure(Set<Part> parts, LoopTarget target, Path memstacks) throws IOException {
    Traced traced = new Traced(target.pid());
    AttachKind best = traced.bestKind();
    LoopBenchmark loop = new LoopBenchmark(target, traced, rounds, milliseconds);
    if (parts.contains(Part.LOOP)) {
      measureLoop(loop, best);
    }
    if (parts.contains(Part.WALK)) {
      report.section("stacks of 16 and of 112 frames of code whose rules are not remembered");
      report.goal(
          "a frame of a first walk",
          WalkBenchmark.nanosPerFrame(target, traced, best, rounds, milliseconds).median(),
          FRAME_GOAL,
          "ns");
    }
    if (parts.contains(Part.KINDS)) {
      for (AttachKind kind : AttachKind.values()) {
        if (kind.compareTo(best) > 0) {
          loop.measure(kind, new Load(REPEAT.title(), Shape.REPEAT, 1, 0, 0), report);
        }
      }
    }
    if (parts.contains(Part.ATTACH)) {
      measureAttach(target, traced, best);
    }
    if (parts.contains(Part.KILL)) {
      report.section("SIGKILL of the collector");
      report.goal(
          "until the loop runs at full speed",
          KillBenchmark.recoveryMillis(target, memstacks),
          KILL_GOAL_MILLIS,
          "ms");
    }
    if (parts.contains(Part.REDIS)) {
      RedisBenchmark.measure(best, rounds, REDIS_REQUESTS, report);
    }
    if (parts.contains(Part.PEERS)) {
      Path libc = libc(target);
      new PeerBenchmark(target, traced, libc, Math.min(rounds, 3), milliseconds)
          .measure(best, report);
    }
  }

  private void measureLoop(LoopBenchmark loop, AttachKind kind) throws IOException {
    Map<Variant, Samples> one = loop.measure(kind, REPEAT, report);
    for (Load load : DIFFERENT) {
      loop.measure(kind, load, report);
    }
    if (Runtime.getRuntime().availableProcessors() < 2) {
      report.section(TWO_THREADS.title());
      report.skipped("two threads", "this machine has one CPU");
      return;
    }
    Map<Variant, Samples> two = loop.measure(kind, TWO_THREADS, report);
    for (Variant mode : List.of(Variant.UNFREED, Variant.ALL)) {
      report.goal(
          "a pair of two threads, over one of one thread: " + mode.name().toLowerCase(),
          two.get(mode).median() / one.get(mode).median(),
          TWO_THREADS_GOAL,
          "");
    }
  }

  private void measureAttach(LoopTarget target, Traced traced, AttachKind kind) throws IOException {
    Traced.Work<LoopTarget.Run> work = () -> target.run(Shape.REPEAT, 1, 20);
    Traced fresh = new Traced(target.pid());
    for (int round = 0; round < 2 * rounds; round++) {
      fresh.underMemstacks(kind, false, work, (run, profile) -> {});
      target.drop();
    }
    report.section("attaching and detaching, " + 2 * rounds + " times");
    report.line("  %-62s %8.0f ms", "attach, median", fresh.attachMillis().median());
    report.line("  %-62s %8.0f ms", "detach, median", fresh.detachMillis().median());
    report.goal(
        "attach and detach",
        fresh.attachMillis().median() + fresh.detachMillis().median(),
        ATTACH_GOAL_MILLIS,
        "ms");
  }

  private static Path libc(LoopTarget target) throws IOException {
    return MemoryMap.of(target.pid()).mappings().stream()
        .map(Mapping::name)
        .filter(name -> name.contains("/libc.so") || name.contains("/libc-"))
        .map(Path::of)
        .findFirst()
        .orElseThrow();
  }
}
