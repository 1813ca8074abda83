package org.memstacks.collect;

import java.util.List;

/**
 * How much of a process's code can be unwound exactly.
 *
 * @param objects with code
 * @param rows unwind rows of all of them
 * @param withoutRows names of the objects that have none: only frame pointers lead through them
 */
public record CodeCoverage(int objects, long rows, List<String> withoutRows) {
  public CodeCoverage {
    withoutRows = List.copyOf(withoutRows);
  }
}
