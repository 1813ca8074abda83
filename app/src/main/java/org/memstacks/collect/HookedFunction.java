package org.memstacks.collect;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import org.memstacks.bpf.Layouts.Hook;
import org.memstacks.site.ComputedTarget;
import org.memstacks.site.FunctionProbe.CodeRange;
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
 * @param jumps where a call goes on in another hooked function, or in this one once more
 * @param inexact why requests alone cannot be counted exactly; empty when they can
 * @param code where in the process its code lies, outlined parts too: what is allocated below there
 *     is its own doing; empty for a program's own pool, which may call anything
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
    List<Long> returnOffsets,
    List<Jump> jumps,
    Optional<String> inexact,
    List<CodeRange> code) {
  public HookedFunction {
    returnOffsets = List.copyOf(returnOffsets);
    jumps = List.copyOf(jumps);
    code = List.copyOf(code);
  }

  /**
   * A jump by which the same call comes to another probe.
   *
   * @param fileOffset of the jump
   * @param condition when it is made, by the machine's number; empty: always
   * @param repeats whether it leads to the function's own probe
   * @param target how its target is computed at run time, which may be another hooked function;
   *     empty: it is one
   */
  public record Jump(
      long fileOffset, OptionalInt condition, boolean repeats, Optional<ComputedTarget> target) {}

  /** The same under another number. */
  HookedFunction numbered(int number) {
    return new HookedFunction(
        number,
        function,
        object,
        objectFile,
        fileOffset,
        start,
        size,
        flags,
        site,
        returnOffsets,
        jumps,
        inexact,
        code);
  }

  /** What the BPF programs read of a call. */
  long cookie() {
    return function.cookie(id, flags, site.argumentRegisters());
  }

  /** Whether it is one of the program's own that its user named. */
  boolean isPool() {
    return (flags & Hook.POOL) != 0;
  }

  /** Whether its returns are seen at the instructions themselves. */
  public boolean returnsAtInstructions() {
    return !returnOffsets.isEmpty();
  }

  /** File offset of its first instruction. */
  long functionOffset() {
    return fileOffset - site.offset();
  }

  /** Where the instruction at this offset in the object's file lies in the process. */
  long address(long offset) {
    return start + offset - functionOffset();
  }

  /** Whether it is probed when requests alone are, or all functions. */
  boolean isProbed(boolean requestsAlone) {
    return !requestsAlone || isRequest();
  }

  /** Whether its calls alone tell what is allocated: a block that grows in place may well not. */
  boolean isRequest() {
    return !function.isFree() && !function.isResizing();
  }
}
