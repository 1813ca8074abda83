package org.memstacks.collect;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.memstacks.bpf.Layouts.Hook;
import org.memstacks.site.Bounds;
import org.memstacks.site.FunctionProbe;
import org.memstacks.site.FunctionProbe.End;
import org.memstacks.site.FunctionProbe.TailJump;
import org.memstacks.site.Value;

/**
 * How a hooked function hands calls to others by jumps: those others' probes see the call as well,
 * and it is to count once.
 *
 * @param whole whether every call that does anything goes on unchanged: the function need not be
 *     probed
 * @param flags {@link Hook#NULL_IS_MALLOC} and the like: which calls always go on, unchanged
 * @param followed the jumps that make up the other calls that go on
 */
record Forwarding(boolean whole, long flags, List<TailJump> followed) {
  /** The alignment that malloc has anyway (glibc's malloc/malloc.c, musl's aligned_alloc.c). */
  private static final long SMALL_ALIGNMENT = 16;

  /** No machine has smaller pages. */
  private static final long LEAST_PAGE = 4096;

  /**
   * @param callees the functions jumped to, by name
   * @param shared addresses of jumps that are followed for another function's sake
   */
  static Forwarding of(
      AllocatorFunction function,
      FunctionProbe probe,
      Map<String, AllocatorFunction> callees,
      Set<Long> shared) {
    return new Judge(function, probe, callees, shared).verdict();
  }

  private record Judge(
      AllocatorFunction function,
      FunctionProbe probe,
      Map<String, AllocatorFunction> callees,
      Set<Long> shared) {

    Forwarding verdict() {
      List<TailJump> jumps = probe.tailJumps().stream().filter(this::possible).toList();
      boolean whole =
          probe.complete()
              && !jumps.isEmpty()
              && jumps.stream().allMatch(this::unchanged)
              && probe.ends().stream().allMatch(this::harmless);
      if (whole) {
        return new Forwarding(true, 0, List.of());
      }
      if (function.operation() == Hook.REALLOC) {
        return split(jumps, function.pointer() - 1, 0, Hook.NULL_IS_MALLOC);
      }
      if (function.operation() == Hook.ALLOC && function.alignment() > 0) {
        return split(jumps, function.alignment() - 1, SMALL_ALIGNMENT, Hook.SMALL_ALIGN_IS_MALLOC);
      }
      return new Forwarding(false, 0, jumps);
    }

    /** Sets the flag if the calls with an argument up to the limit, and only those, go on so. */
    private Forwarding split(List<TailJump> jumps, int argument, long limit, long flag) {
      List<TailJump> small = new ArrayList<>();
      List<TailJump> others = new ArrayList<>();
      for (TailJump jump : jumps) {
        Bounds bounds = jump.facts().arguments().get(argument);
        (bounds.isAtMost(limit) && sameSize(jump) ? small : others).add(jump);
      }
      boolean exact =
          probe.complete()
              && !small.isEmpty()
              && small.stream().allMatch(this::allocates)
              && others.stream()
                  .allMatch(jump -> jump.facts().arguments().get(argument).isAtLeast(limit + 1))
              && probe.ends().stream()
                  .allMatch(end ->
                      harmless(end) || end.facts().arguments().get(argument).isAtLeast(limit + 1));
      return exact ? new Forwarding(false, flag, others) : new Forwarding(false, 0, jumps);
    }

    private boolean allocates(TailJump jump) {
      return callees.get(jump.target()).operation() == Hook.ALLOC
          && !shared.contains(jump.address());
    }

    /**
     * Functions that align to pages share the code of others, where small alignments are told
     * apart.
     */
    private boolean possible(TailJump jump) {
      Bounds compared = jump.facts().loaded();
      boolean toPages = function.symbol().endsWith("valloc") && function.alignment() == 0;
      return !(toPages && compared.isAtLeast(0) && smallButNotZero(compared));
    }

    private static boolean smallButNotZero(Bounds compared) {
      return compared.isAtMost(LEAST_PAGE - 1) && !compared.isAtMost(0);
    }

    private boolean unchanged(TailJump jump) {
      AllocatorFunction callee = callees.get(jump.target());
      if (callee == null || shared.contains(jump.address())) {
        return false;
      }
      boolean samePointer =
          function.pointer() > 0
              && callee.pointer() > 0
              && argument(jump, callee.pointer()).equals(own(function.pointer()));
      if (function.isFree()) {
        return callee.isFree() && samePointer;
      }
      boolean sameEffect =
          callee.operation() == function.operation()
              && AllocatorCatalog.flags(callee) == AllocatorCatalog.flags(function);
      boolean fromNothing =
          function.operation() == Hook.ALLOC
              && callee.operation() == Hook.REALLOC
              && argument(jump, callee.pointer()).equals(new Value.Constant(0));
      return sameSize(jump)
          && (fromNothing || sameEffect && (function.operation() == Hook.ALLOC || samePointer));
    }

    private boolean sameSize(TailJump jump) {
      AllocatorFunction callee = callees.get(jump.target());
      if (callee == null || callee.isFree()) {
        return false;
      }
      Value wanted =
          function.count() == 0
              ? own(function.size())
              : product(own(function.count()), own(function.size()));
      Value size = argument(jump, callee.size());
      return wanted.equals(
          callee.count() == 0 ? size : product(argument(jump, callee.count()), size));
    }

    private static Value own(int position) {
      return new Value.Argument(position - 1);
    }

    private static Value argument(TailJump jump, int position) {
      return jump.arguments().get(position - 1);
    }

    private static Value product(Value one, Value other) {
      if (one.equals(new Value.Constant(1))) {
        return other;
      }
      if (other.equals(new Value.Constant(1))) {
        return one;
      }
      return one instanceof Value.Argument(int a) && other instanceof Value.Argument(int b)
          ? new Value.Product(Math.min(a, b), Math.max(a, b))
          : new Value.Unknown();
    }

    /** Whether nothing is allocated or freed on the way to this end. */
    private boolean harmless(End end) {
      boolean zero = end.result().equals(new Value.Constant(0));
      return switch (function.operation()) {
        case Hook.ALLOC -> zero;
        case Hook.REALLOC -> zero && end.quiet();
        case Hook.ALLOC_INTO -> end.result() instanceof Value.Constant && !zero;
        case Hook.FREE -> end.quiet();
        default -> false;
      };
    }
  }
}
