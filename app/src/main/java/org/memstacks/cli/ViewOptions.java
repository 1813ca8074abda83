package org.memstacks.cli;

import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import org.memstacks.report.TrendOrder;

/**
 * What is shown besides the stacks, and how.
 *
 * @param blocks folded values are blocks instead of bytes
 * @param drain how long frees are waited for after the window; empty for not at all
 * @param interval between tables while it runs
 * @param top how many stacks tables and the report show
 * @param order of stacks with the same verdict
 * @param report the file for the end report
 * @param peek whether the contents of some leaking blocks are shown
 */
record ViewOptions(
    boolean blocks,
    Optional<Duration> drain,
    Optional<Duration> interval,
    int top,
    TrendOrder order,
    Optional<Path> report,
    boolean peek) {
  static final int DEFAULT_TOP = 10;

  /** What is shown when nothing is asked for. */
  static final ViewOptions DEFAULT =
      new ViewOptions(
          false,
          Optional.empty(),
          Optional.empty(),
          DEFAULT_TOP,
          TrendOrder.GROWTH,
          Optional.empty(),
          false);
}
