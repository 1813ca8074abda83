package org.memstacks.collect;

import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.memstacks.bpf.Layouts;
import org.memstacks.target.TargetProcess;

/**
 * What calls of a program's own functions tell of the description that its user gave: whether there
 * are any, and whether what is taken for a size can be one.
 */
final class PoolWatch {
  private final MemorySegment watch;
  private final TargetProcess target;
  private long mostMapped;

  /**
   * @param arena for as long as it is read
   */
  PoolWatch(MallocProbes probes, TargetProcess target, Arena arena) {
    this.watch = probes.map(".data.pools").mapped(arena);
    this.target = target;
  }

  /** The window has ended. */
  void end() {
    // Of one that has ended what was mapped when large blocks were handed out is known.
    mostMapped = target.mostMapped();
  }

  /**
   * What was seen of them.
   *
   * @param hooks all functions probed, of every program that the process was
   * @param all whether requests alone were
   */
  PoolFindings findings(List<HookedFunction> hooks, boolean all) {
    Map<AllocatorFunction, Long> calls = new LinkedHashMap<>();
    Map<AllocatorFunction, Long> largest = new LinkedHashMap<>();
    for (HookedFunction hook : hooks) {
      if (hook.isPool() && hook.isProbed(all) && hook.id() < Layouts.PoolWatch.MAX_HOOKS) {
        long row = Layouts.PoolWatch.HOOK + hook.id() * Layouts.PoolWatch.HOOK_SIZE;
        calls.merge(hook.function(), get(row + Layouts.PoolWatch.CALLS), Long::sum);
        largest.merge(hook.function(), get(row + Layouts.PoolWatch.LARGEST), PoolWatch::larger);
      }
    }
    List<String> uncalledAllocations = new ArrayList<>();
    List<String> uncalledFrees = new ArrayList<>();
    calls.forEach((function, times) -> {
      if (times == 0) {
        (function.isFree() ? uncalledFrees : uncalledAllocations).add(function.symbol());
      }
    });
    long space = Math.max(mostMapped, get(Layouts.PoolWatch.ADDRESS_SPACE));
    List<PoolFindings.WrongSize> wrong = new ArrayList<>();
    largest.forEach((function, bytes) -> {
      // How much was mapped is known of moments when a block was handed out as large as this only.
      if (bytes >>> Integer.SIZE != 0 && Long.compareUnsigned(bytes, space) > 0) {
        wrong.add(new PoolFindings.WrongSize(function, bytes, space));
      }
    });
    boolean none =
        calls.entrySet().stream()
            .filter(called -> !called.getKey().isFree())
            .allMatch(called -> called.getValue() == 0);
    return new PoolFindings(
        uncalledAllocations, uncalledFrees, none && !uncalledAllocations.isEmpty(), wrong);
  }

  private long get(long offset) {
    return watch.get(JAVA_LONG, offset);
  }

  private static long larger(long one, long other) {
    return Long.compareUnsigned(one, other) > 0 ? one : other;
  }
}
