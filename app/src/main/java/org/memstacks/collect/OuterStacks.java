package org.memstacks.collect;

import java.util.ArrayList;
import java.util.List;
import org.memstacks.bpf.Layouts.Stat;
import org.memstacks.mapping.MappingFunction;
import org.memstacks.target.LoadedObjects;

/** Leaves out what allocation functions took for other allocation functions. */
final class OuterStacks {
  private final SharedCode shared;
  private long doubtfulBytes;

  OuterStacks(LoadedObjects loaded) {
    this.shared = new SharedCode(loaded);
  }

  /**
   * Those of the stacks that are the program's calls.
   *
   * @param counters that what is left out is taken from
   */
  List<StackValue> of(List<StackValue> stacks, List<Allocator> allocators, Counters counters) {
    NestedCalls nested = new NestedCalls(allocators, shared::entries);
    doubtfulBytes = 0;
    List<StackValue> outer = new ArrayList<>(stacks.size());
    for (StackValue value : stacks) {
      NestedCalls.Verdict verdict =
          isMapping(value.stack()) ? NestedCalls.Verdict.OUTER : nested.of(value.stack());
      if (verdict == NestedCalls.Verdict.DOUBTFUL) {
        doubtfulBytes += value.bytes();
      }
      if (verdict != NestedCalls.Verdict.OUTER) {
        counters.add(Stat.NESTED, value.blocks());
        counters.add(Stat.ALLOCATIONS, -value.blocks());
        counters.add(Stat.ALLOCATED_BYTES, -value.bytes());
      } else {
        outer.add(value);
      }
    }
    return outer;
  }

  /** Bytes that the last call of {@link #of} left out though they may be calls of their own. */
  long doubtfulBytes() {
    return doubtfulBytes;
  }

  private static boolean isMapping(RawStack stack) {
    return stack.leaf().filter(MappingFunction::isOfMappings).isPresent();
  }
}
