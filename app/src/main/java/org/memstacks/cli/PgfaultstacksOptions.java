package org.memstacks.cli;

import java.time.Duration;
import java.util.Optional;
import org.memstacks.fault.FaultOptions;
import org.memstacks.symbol.FrameStyle;

/**
 * What the command line of pgfaultstacks asks for.
 *
 * @param pid the process, or 0 when it is named
 * @param name of the process, instead of its number
 * @param folded folded stacks instead of the table
 * @param bytes instead of pages as values
 * @param byMapping the mapping at the root of each stack
 * @param duration of the window; empty for until interrupted
 * @param inline calls that the compiler inlined shown as frames
 * @param facts what the run was and what it lost, as comment lines before the folded stacks
 */
record PgfaultstacksOptions(
    int pid,
    Optional<String> name,
    boolean folded,
    boolean bytes,
    boolean byMapping,
    Optional<Duration> duration,
    FrameStyle style,
    boolean inline,
    boolean facts,
    FaultOptions faults,
    boolean quiet,
    boolean verbose) {}
