package org.memstacks.collect;

import java.io.IOException;
import java.util.List;
import org.memstacks.bpf.BpfObject;
import org.memstacks.target.LoadedObjects;
import org.memstacks.target.MemoryMap;
import org.memstacks.target.TargetException;
import org.memstacks.target.TargetProcess;
import org.memstacks.unwind.UnwindCache;

/**
 * What tracing a process takes, known before anything is attached to it.
 *
 * @param loaded the objects mapped, to stay open as long as the process is traced
 * @param code that the process has mapped
 * @param sizes of its tables
 * @param tables of which its own are a part
 */
public record TracePlan(
    TargetProcess target, LoadedObjects loaded, CodeWatch code, Sizes sizes, SharedTables tables) {

  /**
   * Reads the process's unwind information.
   *
   * @param map what the target has mapped
   * @throws TargetException when tracing would harm the target
   */
  public static TracePlan of(
      TargetProcess target,
      MemoryMap map,
      LoadedObjects loaded,
      UnwindCache cache,
      SharedTables tables)
      throws IOException {
    TraceOptions options = tables.options();
    if (!options.all()) {
      ReturnProbeHazard.refuse(target);
    }
    CodeWatch code = CodeWatch.of(target, map, loaded, cache);
    StackSizes stacks = code.sizes(tables.stacks(), tables::share);
    return new TracePlan(target, loaded, code, Sizes.of(options, stacks, tables), tables);
  }

  /**
   * As {@link #of}, of the only process that is traced.
   *
   * @param map what the target has mapped
   * @throws TargetException when tracing would harm the target
   */
  public static TracePlan ofOne(
      TargetProcess target,
      MemoryMap map,
      LoadedObjects loaded,
      UnwindCache cache,
      TraceOptions options)
      throws IOException {
    return of(target, map, loaded, cache, SharedTables.among(1, options));
  }

  /**
   * Makes sure that the tables of several processes fit together.
   *
   * @throws InsufficientMemoryException when they do not
   */
  public static void require(List<TracePlan> plans) throws IOException {
    long bytes = 0;
    try (BpfObject object = BpfObject.open(MallocProbes.OBJECT)) {
      for (TracePlan plan : plans) {
        plan.sizes.apply(object, plan.options());
        bytes += plan.kernelBytes(object);
      }
    }
    if (!plans.getFirst().options().force()) {
      MemoryBudget.require(bytes, MallocProbes.SMALLER + " or the number of processes");
    }
  }

  /** Kernel memory of the tables, which were sized by this, at the window's begin. */
  long kernelBytes(BpfObject sized) {
    return sizes.kernelBytes(sized)
        + (options().blocks().mappings() ? MappingProbes.RING_BYTES : 0);
  }

  TraceOptions options() {
    return tables.options();
  }
}
