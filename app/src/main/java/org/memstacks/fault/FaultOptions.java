package org.memstacks.fault;

import java.util.Optional;
import org.memstacks.collect.AttachKind;

/**
 * How to trace page faults.
 *
 * @param stackStorage how many different stacks can be kept
 * @param maxPages for how many pages there shall be records
 * @param force take the memory even if there seems to be too little
 * @param tellZero tell writes to the zero page from other writes to pages that are there, which
 *     costs each fault more
 * @param attach how probes on libc's functions are attached; empty for the best the kernel offers
 */
public record FaultOptions(
    int stackStorage,
    long maxPages,
    boolean force,
    boolean tellZero,
    Optional<AttachKind> attach) {}
