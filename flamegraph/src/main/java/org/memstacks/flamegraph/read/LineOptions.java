package org.memstacks.flamegraph.read;

/**
 * How lines become stacks.
 *
 * @param reverse leaf first, so that callees come at the bottom
 * @param chart keep the order of the lines and merge neighbours only (flame chart)
 * @param chain mark the frames after a {@code --} frame as wakers, {@code _[w]}
 * @param decimals the least number of decimals to keep of every count, 0 to 9
 */
public record LineOptions(boolean reverse, boolean chart, boolean chain, int decimals) {
  /** Plain folded stacks. */
  public static final LineOptions PLAIN = new LineOptions(false, false, false, 0);
}
