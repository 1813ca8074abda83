package org.memstacks.flamegraph.read;

import java.util.List;

/**
 * How lines become stacks.
 *
 * @param reverse leaf first, so that callees come at the bottom
 * @param chart keep the order of the lines and merge neighbours only (flame chart)
 * @param chain mark the frames after a {@code --} frame as wakers, {@code _[w]}
 * @param compare the first input is what the second is compared with
 * @param bases names of frames: stacks are cut off below the innermost of them, and left out if
 *     there is none; empty to take stacks whole
 * @param decimals the least number of decimals to keep of every count, 0 to 9
 */
public record LineOptions(
    boolean reverse,
    boolean chart,
    boolean chain,
    boolean compare,
    List<byte[]> bases,
    int decimals) {
  /** Plain folded stacks. */
  public static final LineOptions PLAIN = new LineOptions(false, false, false, false, List.of(), 0);
}
