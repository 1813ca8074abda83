package org.memstacks.collect;

import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import java.util.NavigableSet;
import org.memstacks.site.FunctionProbe.CodeRange;
import org.memstacks.target.Mapping;

/**
 * Tells allocations that an allocation function makes for its own ends, through functions of its
 * object that are not hooked: they are part of what its caller asked for. What it calls in other
 * objects (a new_handler of the program's) allocates for itself.
 */
final class NestedCalls {
  /** Whether a call is part of another one. */
  enum Verdict {
    OUTER,
    NESTED,
    /** It comes from code that other functions use as well as the allocation function. */
    DOUBTFUL
  }

  /** Finds branches from other code into some that allocation functions use. */
  @FunctionalInterface
  interface Entries {
    /**
     * @param hooked allocation functions' code
     * @param places the part of it in question, not empty
     */
    NavigableSet<Long> of(Mapping object, AddressRanges hooked, AddressRanges places);
  }

  /**
   * Of one object.
   *
   * @param places code of allocation functions beside their own symbols
   * @param entries where branches from other code lead into these
   */
  private record Doubtful(AddressRanges places, NavigableSet<Long> entries) {}

  private final AddressRanges code = new AddressRanges();
  /* The part of it that is the hooked functions' own symbols. */
  private final AddressRanges own = new AddressRanges();
  private final Map<String, Mapping> objects = new HashMap<>();
  private final Map<String, Doubtful> doubtful = new HashMap<>();
  private final Entries search;

  NestedCalls(Collection<Allocator> allocators, Entries search) {
    this.search = search;
    for (Allocator allocator : allocators) {
      for (HookedFunction hook : allocator.functions()) {
        for (CodeRange range : hook.code()) {
          code.add(range.start(), range.end());
          objects.putIfAbsent(hook.object().toString(), hook.object());
        }
        own.add(hook.start(), hook.start() + hook.size());
      }
    }
  }

  /** Whether the stack leads out of the allocator by way of one of its hooked functions. */
  Verdict of(RawStack stack) {
    Mapping object = null;
    for (int frame = 0; frame < stack.depth(); frame++) {
      long at = stack.isExact(frame) ? stack.address(frame) : stack.address(frame) - 1;
      if (object == null) {
        object = objects.values().stream().filter(o -> o.contains(at)).findAny().orElse(null);
      }
      if (object == null || !object.contains(at)) {
        return Verdict.OUTER;
      }
      if (code.contains(at)) {
        return own.contains(at) || !isShared(object, at) ? Verdict.NESTED : Verdict.DOUBTFUL;
      }
    }
    return Verdict.OUTER;
  }

  /** Whether other code leads into the part of a hooked function that lies here. */
  private boolean isShared(Mapping object, long at) {
    Doubtful known = doubtful.computeIfAbsent(object.toString(), key -> search(object));
    Map.Entry<Long, Long> place = known.places.rangeOf(at);
    Long entry = known.entries.ceiling(place.getKey());
    return entry != null && entry < place.getValue();
  }

  private Doubtful search(Mapping object) {
    AddressRanges places = code.within(object.start(), object.end(), own);
    return new Doubtful(places, search.of(object, code, places));
  }
}
