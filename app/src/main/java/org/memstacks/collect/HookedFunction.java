package org.memstacks.collect;

import java.nio.file.Path;
import org.memstacks.site.ProbeSite;
import org.memstacks.target.Mapping;

/**
 * A function of the target's allocator and where it is probed.
 *
 * @param object mapping of the object that defines it
 * @param objectFile path under which the kernel finds that very file, deleted or in another mount
 *     namespace
 * @param fileOffset of the probed instruction
 * @param start address of the function's first instruction in the process
 * @param size of the function in bytes, 0 when unknown
 * @param flags see {@link AllocatorFunction#cookie}
 * @param site the probed instruction and why it was chosen
 */
public record HookedFunction(
    AllocatorFunction function,
    Mapping object,
    Path objectFile,
    long fileOffset,
    long start,
    long size,
    long flags,
    ProbeSite site) {}
