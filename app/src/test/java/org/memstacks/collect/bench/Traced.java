package org.memstacks.collect.bench;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.memstacks.collect.AllocationProfile;
import org.memstacks.collect.Allocator;
import org.memstacks.collect.AllocatorQuery;
import org.memstacks.collect.AttachKind;
import org.memstacks.collect.MallocTrace;
import org.memstacks.collect.TraceOptions;
import org.memstacks.collect.TracePlan;
import org.memstacks.target.LoadedObjects;
import org.memstacks.target.MemoryMap;
import org.memstacks.target.TargetFiles;
import org.memstacks.target.TargetProcess;
import org.memstacks.unwind.UnwindCache;

/** A process and the ways to probe it. */
final class Traced {
  private static final int STACK_STORAGE = 10_240;
  private static final int MAX_LIVE = 1_000_000;

  private final TargetProcess process;
  private final MemoryMap map;
  private final LoadedObjects loaded;
  private final Allocator allocator;
  private final List<Double> attachMillis = new ArrayList<>();
  private final List<Double> detachMillis = new ArrayList<>();

  Traced(int pid) throws IOException {
    process = TargetProcess.of(pid);
    map = MemoryMap.of(pid);
    loaded = new LoadedObjects(new TargetFiles(pid));
    allocator = Allocator.find(process, map, loaded, AllocatorQuery.any());
  }

  /** What is to be timed. */
  @FunctionalInterface
  interface Work<R> {
    R run() throws IOException;
  }

  /** Looks at what the collector saw of the work. */
  @FunctionalInterface
  interface Check<R> {
    void check(R result, AllocationProfile profile);
  }

  /** The way of attaching that memstacks chooses here. */
  AttachKind bestKind() throws IOException {
    TraceOptions options = options(true, Optional.empty());
    try (MallocTrace trace =
        MallocTrace.attach(
            TracePlan.ofOne(process, map, loaded, UnwindCache.none(), options), () -> allocator)) {
      return trace.kind();
    }
  }

  /** The work under empty probes: of all mode, or of unfreed mode. */
  <R> R underEmptyProbes(AttachKind kind, boolean all, Work<R> work) throws IOException {
    EmptyProbes probes = EmptyProbes.attach(kind, process.pid(), allocator.functions(), all);
    try {
      return work.run();
    } finally {
      probes.close();
    }
  }

  /** The work under the collector, which sees all of it. */
  <R> R underMemstacks(AttachKind kind, boolean all, Work<R> work, Check<R> check)
      throws IOException {
    long begin = System.nanoTime();
    try (MallocTrace trace =
        MallocTrace.attach(
            TracePlan.ofOne(
                process, map, loaded, UnwindCache.none(), options(all, Optional.of(kind))),
            () -> allocator)) {
      trace.begin();
      attachMillis.add((System.nanoTime() - begin) / 1e6);
      R result = work.run();
      long end = System.nanoTime();
      trace.end(false);
      detachMillis.add((System.nanoTime() - end) / 1e6);
      check.check(result, trace.profile());
      return result;
    }
  }

  /** Milliseconds of each attaching so far: tables built afresh, programs loaded, probes set. */
  Samples attachMillis() {
    return samples(attachMillis);
  }

  /** Milliseconds of each detaching so far. */
  Samples detachMillis() {
    return samples(detachMillis);
  }

  private static TraceOptions options(boolean all, Optional<AttachKind> kind) {
    return new TraceOptions(all, 0, STACK_STORAGE, MAX_LIVE, false, kind);
  }

  private static Samples samples(List<Double> values) {
    return new Samples(values.stream().mapToDouble(Double::doubleValue).toArray());
  }
}
