package org.memstacks.fault;

import org.memstacks.target.Mapping;
import org.memstacks.target.MemoryFiles;
import org.memstacks.target.ThreadStacks;

/**
 * What tells kinds of memory apart beyond a process's mappings.
 *
 * @param stacks of threads
 * @param files that are memory and nothing else
 */
record Places(ThreadStacks stacks, MemoryFiles files) {
  /** Nothing is known. */
  static final Places UNKNOWN = new Places(ThreadStacks.NONE, MemoryFiles.NONE);

  /**
   * Where a page lies.
   *
   * @param kind see {@link org.memstacks.target.ResidentPages#kind}
   */
  Place of(Mapping mapping, long page, int kind) {
    return Place.of(mapping, kind, stacks.contains(page), files);
  }

  /** Where a page lies of which the kernel said nothing. */
  Place of(Mapping mapping, long page) {
    return Place.of(mapping, stacks.contains(page), files);
  }
}
