package org.memstacks.collect;

import java.util.Collection;
import java.util.HashSet;
import java.util.Set;
import java.util.stream.Collectors;
import org.memstacks.mapping.MappingFunction;
import org.memstacks.site.FunctionProbe.CodeRange;
import org.memstacks.target.Mapping;

/**
 * Tells what an allocator maps for its blocks from what the program maps: the call leads through
 * one of its hooked functions, or comes out of a library that is an allocator and nothing else, as
 * that may map memory on a thread of its own. What lies between is the allocator's own code and the
 * C library's.
 */
final class AllocatorMappings {
  /** Whose mapping it is. */
  enum Origin {
    PROGRAM,
    ALLOCATOR,
    /** In the C library, or in an allocator, the stack breaks off: most likely the allocator's. */
    UNCLEAR
  }

  private static final String ANCHOR = "malloc";

  private final AddressRanges hooked = new AddressRanges();
  private final AddressRanges wrappers = new AddressRanges();
  private final AddressRanges threadStarts = new AddressRanges();
  private final Set<Mapping> between = new HashSet<>();
  private final Set<Mapping> dedicated = new HashSet<>();

  /**
   * @param calls where memory is mapped, of each program that the process was
   */
  AllocatorMappings(Collection<Allocator> allocators, Collection<MappingCalls> calls) {
    Set<String> others =
        calls.stream()
            .flatMap(one -> one.executable().stream())
            .map(Mapping::objectKey)
            .collect(Collectors.toSet());
    for (MappingCalls one : calls) {
      one.wrappers().forEach(range -> wrappers.add(range.start(), range.end()));
      one.threadStarts().forEach(range -> threadStarts.add(range.start(), range.end()));
      for (MappingCalls.Call call : one.calls()) {
        between.add(call.object());
        // Allocators may stand before mmap, but only the C library has this one.
        if (call.function() == MappingFunction.BRK) {
          others.add(call.object().objectKey());
        }
      }
    }
    for (Allocator allocator : allocators) {
      allocator.functions().forEach(hook -> add(hook, others));
    }
  }

  private void add(HookedFunction hook, Set<String> others) {
    Mapping object = hook.object();
    between.add(object);
    for (CodeRange range : hook.code()) {
      hooked.add(range.start(), range.end());
    }
    // A program's own pool maps for the blocks it is asked for, too.
    hooked.add(hook.start(), hook.start() + Math.max(hook.size(), 1));
    if (hook.function().symbol().equals(ANCHOR)
        && !others.contains(object.objectKey())
        && !isNamedAsLibc(object)) {
      dedicated.add(object);
    }
  }

  private static boolean isNamedAsLibc(Mapping object) {
    return object.moduleName().matches("(libc[.-]|ld-).*");
  }

  /** Who made the call. */
  Origin of(RawStack stack) {
    boolean startsThread = false;
    for (int frame = 0; frame < stack.depth(); frame++) {
      long at = stack.isExact(frame) ? stack.address(frame) : stack.address(frame) - 1;
      if (hooked.contains(at)
          || dedicated.stream().anyMatch(object -> object.contains(at)) && !wrappers.contains(at)) {
        return Origin.ALLOCATOR;
      }
      if (between.stream().noneMatch(object -> object.contains(at))) {
        return Origin.PROGRAM;
      }
      startsThread |= threadStarts.contains(at);
    }
    boolean brokeOff = stack.depth() > 0 && !stack.end().isComplete();
    return brokeOff && !startsThread ? Origin.UNCLEAR : Origin.PROGRAM;
  }
}
