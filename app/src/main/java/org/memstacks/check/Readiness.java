package org.memstacks.check;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import org.memstacks.collect.Allocator;
import org.memstacks.collect.AllocatorQuery;
import org.memstacks.collect.MallocTrace;
import org.memstacks.collect.TraceOptions;
import org.memstacks.collect.TracePlan;
import org.memstacks.symbol.DebugFiles;
import org.memstacks.symbol.Demangler;
import org.memstacks.symbol.Symbolizer;
import org.memstacks.target.KernelState;
import org.memstacks.target.LoadedObjects;
import org.memstacks.target.MemoryMap;
import org.memstacks.target.ProcessIdentity;
import org.memstacks.target.TargetFiles;
import org.memstacks.target.TargetProcess;
import org.memstacks.unwind.UnwindCache;

/**
 * Finds out whether a process can be traced by doing it: the collector's own steps one by one, its
 * probes attached for a moment, the window never opened. A step that fails is a finding, and ends
 * those that build on it.
 */
public final class Readiness {
  /** How the process to trace is found. */
  @FunctionalInterface
  public interface Target {
    /**
     * @throws IOException when there is none that could be traced
     */
    TargetProcess find() throws IOException;
  }

  private final Function<Throwable, String> describe;
  private final UnwindCache cache;
  private final List<Finding> findings = new ArrayList<>();

  /**
   * @param describe says for people why something failed
   */
  public Readiness(Function<Throwable, String> describe, UnwindCache cache) {
    this.describe = describe;
    this.cache = cache;
  }

  /** The machine alone; that probes work is tried on this very process. */
  public List<Finding> ofMachine(TraceOptions options) throws IOException {
    findings.addAll(new Machine(KernelState.running()).findings(false));
    TargetProcess self = TargetProcess.of(Math.toIntExact(ProcessHandle.current().pid()));
    MemoryMap map = MemoryMap.of(self.pid());
    try (LoadedObjects loaded = new LoadedObjects(new TargetFiles(self.pid()))) {
      attach(self, map, loaded, Allocator.find(self, map, loaded, AllocatorQuery.any()), options);
    } catch (IOException e) {
      missing("probes", e);
    }
    return List.copyOf(findings);
  }

  /**
   * The machine and one process.
   *
   * @param query which allocation functions to look for
   */
  public List<Finding> of(Target target, AllocatorQuery query, TraceOptions options)
      throws IOException {
    TargetProcess process;
    try {
      process = target.find();
    } catch (IOException e) {
      findings.addAll(new Machine(KernelState.running()).findings(false));
      missing("process", e);
      return List.copyOf(findings);
    }
    findings.addAll(new Machine(KernelState.running()).findings(isForeign(process)));
    try {
      findings.add(TargetFindings.process(process));
      TargetFindings.children(process, options.attach()).ifPresent(findings::add);
      ofProcess(process, query, options);
    } catch (IOException e) {
      missing("process", e);
    }
    return List.copyOf(findings);
  }

  private void ofProcess(TargetProcess process, AllocatorQuery query, TraceOptions options)
      throws IOException {
    MemoryMap map = MemoryMap.of(process.pid());
    try (LoadedObjects loaded = new LoadedObjects(new TargetFiles(process.pid()))) {
      Allocator allocator;
      try {
        allocator = Allocator.find(process, map, loaded, query);
      } catch (IOException e) {
        missing("allocator", e);
        return;
      }
      findings.addAll(TargetFindings.allocator(allocator));
      attach(process, map, loaded, allocator, options);
      // Closing it would close the objects, which belong to `loaded`.
      Symbolizer symbolizer =
          new Symbolizer(loaded::get, DebugFiles.of(loaded.files()), Demangler.create());
      symbolizer.add(map);
      findings.addAll(TargetFindings.names(process, map, loaded.files(), symbolizer));
    }
  }

  private void attach(
      TargetProcess process,
      MemoryMap map,
      LoadedObjects loaded,
      Allocator allocator,
      TraceOptions options) {
    try (MallocTrace trace =
        MallocTrace.attach(
            TracePlan.ofOne(process, map, loaded, cache, options), () -> allocator)) {
      findings.addAll(TraceFindings.of(trace));
    } catch (IOException | RuntimeException | UnsatisfiedLinkError e) {
      missing("probes", e);
    }
  }

  private void missing(String subject, Throwable e) {
    findings.add(Finding.missing(subject, describe.apply(e), Optional.empty()));
  }

  private static boolean isForeign(TargetProcess process) throws IOException {
    long self = ProcessHandle.current().pid();
    return ProcessIdentity.of(process.pid()).user() != ProcessIdentity.of(self).user();
  }
}
