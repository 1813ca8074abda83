package org.memstacks.report;

import java.util.List;
import org.memstacks.collect.Outstanding;
import org.memstacks.collect.RawStack;
import org.memstacks.collect.Timeline;
import org.memstacks.collect.Verdict;
import org.memstacks.mapping.MappingFunction;

/**
 * What the live blocks of a stack tell.
 *
 * @param frames root first, fit for a folded line
 * @param stacks of addresses that have these names
 * @param rises in how many of the steps from look to look its bytes grew
 * @param onlyRises whether they did several times, to the end, and never fell
 */
public record Trend(
    List<String> frames,
    List<RawStack> stacks,
    Outstanding outstanding,
    Verdict verdict,
    double bytesPerSecond,
    int rises,
    int steps,
    boolean onlyRises) {
  public Trend {
    frames = List.copyOf(frames);
    stacks = List.copyOf(stacks);
  }

  static Trend of(
      List<String> frames, List<RawStack> stacks, Outstanding outstanding, Timeline timeline) {
    return new Trend(
        frames,
        stacks,
        outstanding,
        Verdict.of(outstanding, timeline),
        timeline.bytesPerSecond(outstanding),
        timeline.rises(outstanding),
        timeline.steps(),
        timeline.onlyRises(outstanding));
  }

  /** The same with that verdict, if it is of more concern. */
  Trend atLeast(Verdict other) {
    // There are tens of thousands, and few of them change.
    return other.compareTo(verdict) >= 0 || other == Verdict.STEADY
        ? this
        : new Trend(frames, stacks, outstanding, other, bytesPerSecond, rises, steps, onlyRises);
  }

  /** Whether its blocks are mappings of the process's own. */
  public boolean isMapping() {
    return MappingFunction.isOfMappings(frames.getLast());
  }

  /** {@code "+35.1 KiB/s"}. */
  public String growth() {
    long rounded = Math.round(bytesPerSecond);
    return (rounded < 0 ? "-" : "+") + HumanBytes.of(Math.abs(rounded)) + "/s";
  }

  /** The age of its oldest block, for people. */
  public String age() {
    return HumanTime.of(outstanding.oldestNanos());
  }
}
