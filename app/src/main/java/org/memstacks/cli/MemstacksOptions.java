package org.memstacks.cli;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.memstacks.collect.AllocatorQuery;
import org.memstacks.collect.TraceOptions;
import org.memstacks.symbol.FrameStyle;

/**
 * What the command line of memstacks asks for.
 *
 * @param pids the processes; none when they are named otherwise, or for the check
 * @param tid the thread whose allocations count, or 0
 * @param name of the process, instead of its number
 * @param command to be started and traced, with its arguments; empty when the process runs already
 * @param folded folded stacks instead of the table
 * @param duration of the window; empty for until interrupted
 * @param allocator which allocation functions to look for
 * @param inline calls that the compiler inlined shown as frames
 * @param view what is shown besides
 * @param maxChildren of those that are forked in the window, so many are traced at once; 0 for none
 * @param check only find out whether it can be traced
 * @param facts what the run was and what it lost, as comment lines before the folded stacks
 */
record MemstacksOptions(
    List<Integer> pids,
    int tid,
    Optional<String> name,
    List<String> command,
    boolean folded,
    Optional<Duration> duration,
    AllocatorQuery allocator,
    FrameStyle style,
    boolean inline,
    boolean facts,
    TraceOptions trace,
    ViewOptions view,
    int maxChildren,
    boolean check,
    boolean quiet,
    boolean verbose,
    boolean debug) {
  MemstacksOptions {
    pids = List.copyOf(pids);
    command = List.copyOf(command);
  }

  /** Whether one process is traced, whose number then need not be told. */
  boolean isOfOne() {
    return pids.size() <= 1 && maxChildren == 0;
  }
}
