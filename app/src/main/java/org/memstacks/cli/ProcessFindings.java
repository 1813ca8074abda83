package org.memstacks.cli;

import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.SequencedMap;
import java.util.stream.Stream;
import org.memstacks.collect.AllocationProfile;
import org.memstacks.collect.BlockOptions.View;
import org.memstacks.collect.MallocTrace;
import org.memstacks.collect.Observation;
import org.memstacks.report.HumanTime;
import org.memstacks.report.NamedStack;
import org.memstacks.report.StackNamer;
import org.memstacks.report.Trend;
import org.memstacks.report.TrendNamer;
import org.memstacks.target.TargetProcess;

/**
 * What was found of one process.
 *
 * @param root what its stacks begin with
 * @param prefix of messages about it
 * @param total in words
 * @param findings what else was found, by name
 * @param ranked what its live blocks tell; empty unless they are judged
 * @param seenNanos the time in its window at which they were
 * @param contents of some blocks, for people; empty unless asked for
 * @param remarks on how it was traced
 * @param details for those who ask for them
 */
record ProcessFindings(
    TargetProcess target,
    String root,
    String prefix,
    List<NamedStack> stacks,
    String total,
    SequencedMap<String, String> findings,
    List<Trend> ranked,
    long seenNanos,
    String contents,
    List<String> remarks,
    List<String> details,
    Losses losses) {
  /* Of a few kilobytes each in all. */
  private static final int MANY_STACKS = 5_000;

  /** Reads out what a process has brought whose window has ended. */
  static ProcessFindings of(TracedProcess process, MemstacksOptions options) throws IOException {
    MallocTrace trace = process.trace();
    AllocationProfile profile = trace.profile();
    collectGarbage(profile);
    StackNamer namer = process.namer();
    List<NamedStack> stacks = namer.name(profile);
    collectGarbage(profile);
    Losses losses =
        Losses.of(profile, options.trace().all())
            .plusLostProbes(trace.lostProbes())
            .plusDoubtful(trace.doubtfulBytes())
            .plusStrayBindings(trace.strayBindings())
            .plusUnprobed(trace.unprobed());
    losses = PoolLosses.add(losses, trace.poolFindings(), profile);
    if (process.unseen().isPresent()) {
      losses = losses.plusMissing(process.unseen().get());
    }
    boolean judged = isJudged(options);
    Optional<Observation> observation = judged ? Optional.of(trace.observe()) : Optional.empty();
    collectGarbage(profile);
    List<Trend> ranked =
        observation
            .map(seen -> options.view().order().rank(new TrendNamer(namer).name(seen)))
            .orElse(List.of());
    SequencedMap<String, String> findings = new LinkedHashMap<>();
    if (judged && !process.targetEnded()) {
      findings.put(
          "resident",
          RunFacts.resident(
              profile.activity().residentPages(),
              profile.totalBytes(),
              options.trace().blocks().mappings()
                  ? OptionalLong.of(profile.mappings().mapped().bytes())
                  : OptionalLong.empty()));
    }
    observation
        .filter(seen -> seen.timeline().olderNanos() >= seen.timeline().nowNanos())
        .ifPresent(seen ->
            findings.put(
                "older",
                "no block could become as old as --older %d asks: its window ended after %s"
                    .formatted(
                        options.trace().blocks().older().toMillis(),
                        HumanTime.of(seen.timeline().nowNanos()))));
    if (!ranked.isEmpty()) {
      findings.put("verdict", LeakTables.verdict(ranked, options.trace().isFiltered()));
    }
    StringBuilder contents = new StringBuilder();
    if (process.contents().isPresent()) {
      process.contents().get().write(trace.sampler(), process.prefix(), contents);
    }
    return new ProcessFindings(
        process.target(),
        process.root(),
        process.prefix(),
        stacks,
        new Totals(profile, options.trace(), stacks).text(),
        findings,
        ranked,
        observation.map(seen -> seen.timeline().nowNanos()).orElse(0L),
        contents.toString(),
        Stream.concat(process.names().problems().stream(), trace.problems().stream())
            .distinct()
            .toList(),
        List.of(profile.counters().toString()),
        losses);
  }

  /** Whether blocks that are live are told from leaks. */
  static boolean isJudged(MemstacksOptions options) {
    return !options.trace().all() && options.trace().blocks().view() == View.UNFREED;
  }

  /**
   * Between the steps of the read-out, if there is much to read: left to itself the JVM would
   * rather take more memory, and memory is what may be short.
   */
  private static void collectGarbage(AllocationProfile profile) {
    if (profile.stacks().size() > MANY_STACKS) {
      System.gc();
    }
  }
}
