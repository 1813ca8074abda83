package org.memstacks.report;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.memstacks.collect.Observation;
import org.memstacks.collect.Outstanding;
import org.memstacks.collect.RawStack;

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

  /** Stacks of equal names judged as one; in no order. */
  public List<Trend> name(Observation observation) {
    Map<List<String>, Merged> merged = new HashMap<>();
    observation
        .stacks()
        .forEach((stack, outstanding) ->
            merged
                .computeIfAbsent(namer.frames(stack), frames -> new Merged())
                .add(stack, outstanding));
    List<Trend> trends = new ArrayList<>(merged.size());
    merged.forEach((frames, one) ->
        trends.add(Trend.of(frames, one.stacks, one.outstanding, observation.timeline())));
    return trends;
  }
}
