package org.memstacks.collect;

import java.util.List;
import java.util.Optional;

/**
 * Which allocation functions of a process to look for.
 *
 * @param object restricts the search to one object: its path or name, or {@code c} for libc; empty
 *     for all
 * @param prefixes of further allocators' functions: {@code my_} for my_malloc, my_free and so on
 * @param pools a program's own allocation functions
 */
public record AllocatorQuery(
    Optional<String> object, List<String> prefixes, List<PoolFunctions> pools) {
  public AllocatorQuery {
    prefixes = List.copyOf(prefixes);
    pools = List.copyOf(pools);
  }

  /** Whatever is known by name. */
  public static AllocatorQuery any() {
    return new AllocatorQuery(Optional.empty(), List.of(), List.of());
  }

  /** As this, in one object. */
  public AllocatorQuery in(String name) {
    return new AllocatorQuery(Optional.of(name), prefixes, pools);
  }
}
