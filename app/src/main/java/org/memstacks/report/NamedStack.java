package org.memstacks.report;

import java.util.List;

/**
 * A stack by names, root first; stacks that differed only in addresses are one.
 *
 * @param frames the process's name, then callers down to the allocation function, fit for a folded
 *     line
 * @param bytes attributed to it
 * @param blocks live blocks, or allocations in all mode
 */
public record NamedStack(List<String> frames, long bytes, long blocks) {
  public NamedStack {
    frames = List.copyOf(frames);
  }

  /** {@code root;...;leaf}. */
  public String folded() {
    return String.join(";", frames);
  }
}
