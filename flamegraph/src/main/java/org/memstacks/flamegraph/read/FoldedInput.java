package org.memstacks.flamegraph.read;

import java.util.List;
import org.memstacks.flamegraph.tree.StackTree;

/**
 * What was read.
 *
 * @param stacks the merged stacks
 * @param ignored number of lines that are neither a stack nor a comment
 * @param comments the first comment lines, without their {@code "# "}
 */
public record FoldedInput(StackTree stacks, long ignored, List<String> comments) {}
