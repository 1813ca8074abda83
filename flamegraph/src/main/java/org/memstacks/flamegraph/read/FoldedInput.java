package org.memstacks.flamegraph.read;

import java.util.List;
import org.memstacks.flamegraph.tree.StackTree;

/**
 * What was read.
 *
 * @param stacks the merged stacks
 * @param ignored number of lines that are neither a stack nor a comment
 * @param withoutBase number of stacks left out because none of the bases is in them
 * @param comments the first comment lines, without their {@code "# "}
 */
public record FoldedInput(
    StackTree stacks, long ignored, long withoutBase, List<String> comments) {}
