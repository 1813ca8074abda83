package org.memstacks.collect.bench;

import java.io.IOException;
import java.nio.file.Path;
import org.memstacks.collect.AttachKind;
import org.memstacks.collect.bench.LoopTarget.Run;
import org.memstacks.collect.bench.LoopTarget.Shape;

/** The loop of one repeating stack under other tools and under memstacks, in turn. */
final class PeerBenchmark {
  /** Added time of memstacks per pair, over the peer's. */
  private static final double GOAL = 0.2;

  private final LoopTarget target;
  private final Traced traced;
  private final Path libc;
  private final int rounds;
  private final int milliseconds;

  PeerBenchmark(LoopTarget target, Traced traced, Path libc, int rounds, int milliseconds) {
    this.target = target;
    this.traced = traced;
    this.libc = libc;
    this.rounds = rounds;
    this.milliseconds = milliseconds;
  }

  void measure(AttachKind kind, Report report) throws IOException {
    report.section("other tools on the same loop of one repeating stack");
    for (Peer peer : Peer.values()) {
      if (peer.isInstalled()) {
        try {
          measure(peer, kind, report);
        } catch (Peer.NotTracing e) {
          report.skipped(peer.title(), "it does not trace here: " + e.getMessage());
        }
      } else {
        report.skipped(peer.title(), "not installed");
      }
    }
  }

  private void measure(Peer peer, AttachKind kind, Report report)
      throws IOException, Peer.NotTracing {
    double[] untraced = new double[rounds];
    double[] ours = new double[rounds];
    double[] theirs = new double[rounds];
    Traced.Work<Run> work = this::loop;
    for (int round = 0; round < rounds; round++) {
      untraced[round] = loop().nanosPerPair();
      ours[round] = traced.underMemstacks(kind, false, work, (run, profile) -> {}).nanosPerPair();
      theirs[round] = peer.trace(target, libc, untraced[round], work).nanosPerPair();
    }
    double base = new Samples(untraced).median();
    double memstacks = new Samples(ours).median();
    double other = new Samples(theirs).median();
    report.line("  %-62s %8.0f ns/pair", "untraced", base);
    report.line("  %-62s %8.0f ns/pair", "memstacks, unfreed mode", memstacks);
    report.line("  %-62s %8.0f ns/pair", peer.title(), other);
    report.goal(
        "time memstacks adds, over what " + peer.title() + " adds",
        (memstacks - base) / (other - base),
        GOAL,
        "");
  }

  private Run loop() throws IOException {
    Run run = target.run(Shape.REPEAT, 1, milliseconds);
    target.drop();
    return run;
  }
}
