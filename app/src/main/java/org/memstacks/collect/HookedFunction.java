package org.memstacks.collect;

import java.nio.file.Path;
import java.util.List;
import org.memstacks.site.ProbeSite;
import org.memstacks.target.Mapping;

/**
 * A function of the target's allocator and where it is probed.
 *
 * @param id number in the BPF programs, from 0, of all functions hooked
 * @param object mapping of the object that defines it
 * @param objectFile path under which the kernel finds that very file, deleted or in another mount
 *     namespace
 * @param fileOffset of the probed instruction
 * @param start address of the function's first instruction in the process
 * @param size of the function in bytes, 0 when unknown
 * @param flags see {@link AllocatorFunction#cookie}
 * @param site the probed instruction and why it was chosen
 * @param returnOffsets of a function that exceptions may leave: file offsets of the instructions it
 *     returns by, which take the place of a return probe; empty for others
 */
public record HookedFunction(
    int id,
    AllocatorFunction function,
    Mapping object,
    Path objectFile,
    long fileOffset,
    long start,
    long size,
    long flags,
    ProbeSite site,
    List<Long> returnOffsets) {
  public HookedFunction {
    returnOffsets = List.copyOf(returnOffsets);
  }

  /** The same under another number. */
  HookedFunction numbered(int number) {
    return new HookedFunction(
        number, function, object, objectFile, fileOffset, start, size, flags, site, returnOffsets);
  }

  /** What the BPF programs read of a call. */
  long cookie() {
    return function.cookie(id, flags, site.argumentRegisters());
  }

  /** Whether its returns are seen at the instructions themselves. */
  public boolean returnsAtInstructions() {
    return !returnOffsets.isEmpty();
  }
}
