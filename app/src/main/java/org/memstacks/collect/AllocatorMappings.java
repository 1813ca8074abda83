package org.memstacks.collect;

import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
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

  /* Hooked code by its begin: the end. */
  private final TreeMap<Long, Long> code = new TreeMap<>(Long::compareUnsigned);
  private final List<CodeRange> wrappers = new ArrayList<>();
  private final List<CodeRange> threadStarts = new ArrayList<>();
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
      wrappers.addAll(one.wrappers());
      threadStarts.addAll(one.threadStarts());
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
      code.merge(range.start(), range.end(), Math::max);
    }
    // A program's own pool maps for the blocks it is asked for, too.
    code.merge(hook.start(), hook.start() + Math.max(hook.size(), 1), Math::max);
    if (hook.function().symbol().equals(ANCHOR)
        && !others.contains(object.objectKey())
        && !isNamedAsLibc(object)) {
      dedicated.add(object);
    }
  }

  private static boolean isNamedAsLibc(Mapping object) {
    return object.moduleName().matches("(libc[.-]|ld-).*");
  }

  private static boolean contain(List<CodeRange> ranges, long at) {
    return ranges.stream()
        .anyMatch(range ->
            Long.compareUnsigned(range.start(), at) <= 0
                && Long.compareUnsigned(at, range.end()) < 0);
  }

  /** Who made the call. */
  Origin of(RawStack stack) {
    boolean startsThread = false;
    for (int frame = 0; frame < stack.depth(); frame++) {
      long at = stack.isExact(frame) ? stack.address(frame) : stack.address(frame) - 1;
      Map.Entry<Long, Long> range = code.floorEntry(at);
      if (range != null && Long.compareUnsigned(at, range.getValue()) < 0
          || dedicated.stream().anyMatch(object -> object.contains(at)) && !contain(wrappers, at)) {
        return Origin.ALLOCATOR;
      }
      if (between.stream().noneMatch(object -> object.contains(at))) {
        return Origin.PROGRAM;
      }
      startsThread |= contain(threadStarts, at);
    }
    boolean brokeOff = stack.depth() > 0 && !stack.end().isComplete();
    return brokeOff && !startsThread ? Origin.UNCLEAR : Origin.PROGRAM;
  }
}
