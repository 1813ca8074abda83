package org.memstacks.collect;

/**
 * One live block.
 *
 * @param address in the process
 * @param bytes requested
 * @param ageNanos when it was looked at
 * @param born as it is dated in the table: with the address, it tells one block from the next one
 */
public record BlockSample(long address, long bytes, long ageNanos, int born) {}
