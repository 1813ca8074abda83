package org.memstacks.collect;

/**
 * What is attributed to one stack.
 *
 * @param bytes requested by the program
 * @param blocks live blocks, or allocations in all mode
 */
public record StackValue(RawStack stack, long bytes, long blocks) {}
