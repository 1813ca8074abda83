package org.memstacks.report;

import java.util.Comparator;
import java.util.List;
import org.memstacks.collect.StackValue.Share;
import org.memstacks.mapping.MappingFunction;

/**
 * A stack by names, root first; stacks that differed only in addresses are one.
 *
 * @param frames the process's name, then callers down to the allocation function, fit for a folded
 *     line
 * @param bytes attributed to it
 * @param blocks live blocks, or allocations in all mode
 * @param shares of both, by ascending band; empty unless a histogram was asked for
 */
public record NamedStack(List<String> frames, long bytes, long blocks, List<Share> shares) {
  /** By ascending bytes, then by the folded text. */
  public static final Comparator<NamedStack> ASCENDING =
      Comparator.comparingLong(NamedStack::bytes)
          .thenComparing(NamedStack::frames, new FoldedOrder());

  public NamedStack {
    frames = List.copyOf(frames);
    shares = List.copyOf(shares);
  }

  /** Without a histogram. */
  public NamedStack(List<String> frames, long bytes, long blocks) {
    this(frames, bytes, blocks, List.of());
  }

  /** Whether its blocks are mappings of the process's own. */
  public boolean isMapping() {
    return MappingFunction.isOfMappings(frames.getLast());
  }

  /** {@code root;...;leaf}. */
  public String folded() {
    return String.join(";", frames);
  }
}
