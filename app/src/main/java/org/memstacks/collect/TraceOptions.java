package org.memstacks.collect;

import java.util.Optional;

/**
 * How to trace allocations.
 *
 * @param all every allocation instead of those not freed
 * @param tid only this thread's allocations; 0 for all threads
 * @param stackStorage how many different stacks can be kept
 * @param attach how probes are attached; empty for the best the kernel offers
 */
public record TraceOptions(boolean all, int tid, int stackStorage, Optional<AttachKind> attach) {}
