package org.memstacks.collect;

import java.util.Map;

/**
 * What was live at one moment.
 *
 * @param timeline of the looks on which the evidence rests
 * @param stacks those that had live blocks at a look among them
 */
public record Observation(Timeline timeline, Map<RawStack, Outstanding> stacks) {
  public Observation {
    stacks = Map.copyOf(stacks);
  }
}
