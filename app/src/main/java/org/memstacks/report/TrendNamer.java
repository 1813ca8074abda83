package org.memstacks.report;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.memstacks.collect.Observation;
import org.memstacks.collect.Outstanding;
import org.memstacks.collect.RawStack;
import org.memstacks.collect.Timeline;
import org.memstacks.collect.Verdict;

/** Turns what was observed of stacks of addresses into what it means for stacks of names. */
public final class TrendNamer {
  private final StackNamer namer;

  public TrendNamer(StackNamer namer) {
    this.namer = namer;
  }

  private static final class Merged {
    private final List<RawStack> stacks = new ArrayList<>();
    private Outstanding outstanding;

    private void add(RawStack stack, Outstanding more) {
      stacks.add(stack);
      outstanding = outstanding == null ? more : outstanding.plus(more);
    }
  }

  /**
   * Stacks of equal names judged as one, and those of few blocks beside others of the same place;
   * in no order.
   */
  public List<Trend> name(Observation observation) {
    Map<List<String>, Merged> merged = new HashMap<>();
    observation
        .stacks()
        .forEach((stack, outstanding) -> {
          if (outstanding.blocks() > 0) {
            merged
                .computeIfAbsent(namer.frames(stack), frames -> new Merged())
                .add(stack, outstanding);
          }
        });
    List<Trend> trends = new ArrayList<>(merged.size());
    merged.forEach((frames, one) ->
        trends.add(Trend.of(frames, one.stacks, one.outstanding, observation.timeline())));
    judgeTogether(trends, observation);
    return trends;
  }

  /**
   * A recursive program leaks a few blocks each in thousands of stacks: what cannot be told of one
   * of them, all that allocate in the same function for the same caller may tell.
   */
  private void judgeTogether(List<Trend> trends, Observation observation) {
    Timeline timeline = observation.timeline();
    Map<List<String>, Outstanding> groups = new HashMap<>();
    for (Trend trend : trends) {
      if (isDoubtful(trend)) {
        groups.merge(place(trend), trend.outstanding(), Outstanding::plus);
      }
    }
    observation
        .stacks()
        .forEach((stack, gone) -> {
          if (gone.blocks() == 0 && Verdict.isOfFew(gone)) {
            groups.computeIfPresent(namer.innermost(stack), (place, sum) -> sum.plus(gone));
          }
        });
    Map<List<String>, Verdict> verdicts = HashMap.newHashMap(groups.size());
    groups.forEach((place, sum) -> verdicts.put(place, Verdict.ofMany(sum, timeline)));
    trends.replaceAll(
        trend -> isDoubtful(trend) ? trend.atLeast(verdicts.get(place(trend))) : trend);
  }

  private static boolean isDoubtful(Trend trend) {
    return trend.verdict() != Verdict.GROWING && Verdict.isOfFew(trend.outstanding());
  }

  private List<String> place(Trend trend) {
    return namer.innermost(trend.stacks().getFirst());
  }
}
