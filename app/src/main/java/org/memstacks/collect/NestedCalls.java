package org.memstacks.collect;

import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.memstacks.bpf.Layouts.Stat;
import org.memstacks.site.FunctionProbe.CodeRange;
import org.memstacks.target.Mapping;

/**
 * Tells allocations that an allocation function makes for its own ends, through functions of its
 * object that are not hooked: they are part of what its caller asked for. What it calls in other
 * objects (a new_handler of the program's) allocates for itself.
 */
final class NestedCalls {
  /* Hooked code by its begin: the end, in the object with that mapping. */
  private final TreeMap<Long, Long> code = new TreeMap<>(Long::compareUnsigned);
  private final Map<String, Mapping> objects = new HashMap<>();

  NestedCalls(Collection<Allocator> allocators) {
    for (Allocator allocator : allocators) {
      for (HookedFunction hook : allocator.functions()) {
        for (CodeRange range : hook.code()) {
          code.merge(range.start(), range.end(), Math::max);
          objects.putIfAbsent(hook.object().toString(), hook.object());
        }
      }
    }
  }

  /**
   * The stacks that are none of these.
   *
   * @param counters in which these are no longer allocations
   */
  List<StackValue> leaveOut(List<StackValue> stacks, Counters counters) {
    List<StackValue> outer = new ArrayList<>(stacks.size());
    for (StackValue value : stacks) {
      if (contain(value.stack())) {
        counters.add(Stat.NESTED, value.blocks());
        counters.add(Stat.ALLOCATIONS, -value.blocks());
        counters.add(Stat.ALLOCATED_BYTES, -value.bytes());
      } else {
        outer.add(value);
      }
    }
    return outer;
  }

  /** Whether the stack leads out of the allocator by way of one of its hooked functions. */
  boolean contain(RawStack stack) {
    Mapping object = null;
    for (int frame = 0; frame < stack.depth(); frame++) {
      long at = stack.isExact(frame) ? stack.address(frame) : stack.address(frame) - 1;
      if (object == null) {
        object = objects.values().stream().filter(o -> o.contains(at)).findAny().orElse(null);
      }
      if (object == null || !object.contains(at)) {
        return false;
      }
      Map.Entry<Long, Long> range = code.floorEntry(at);
      if (range != null && Long.compareUnsigned(at, range.getValue()) < 0) {
        return true;
      }
    }
    return false;
  }
}
