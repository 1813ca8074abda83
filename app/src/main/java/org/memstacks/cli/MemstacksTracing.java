package org.memstacks.cli;

import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.util.Locale;
import java.util.Optional;
import org.memstacks.bpf.BpfException;
import org.memstacks.collect.Allocator;
import org.memstacks.collect.HookedFunction;
import org.memstacks.collect.MallocTrace;
import org.memstacks.collect.MemoryBudget;
import org.memstacks.collect.StartedProgram;
import org.memstacks.target.LoadedObjects;
import org.memstacks.target.MemoryMap;
import org.memstacks.target.TargetException;
import org.memstacks.target.TargetFiles;
import org.memstacks.target.TargetProcess;
import org.memstacks.unwind.UnwindCache;

/** Traces one process as the options ask for it: finds or starts it, attaches, and reports. */
final class MemstacksTracing {
  private static final String NAME = "memstacks";

  private final MemstacksOptions options;
  private final String[] arguments;
  private final OutputStream out;
  private final PrintStream err;
  private final StopRequest stop;
  private final Inheritance inheritance;

  /**
   * @param arguments as they were typed
   * @param inheritance for a program that it starts
   */
  MemstacksTracing(
      MemstacksOptions options,
      String[] arguments,
      OutputStream out,
      PrintStream err,
      StopRequest stop,
      Inheritance inheritance) {
    this.options = options;
    this.arguments = arguments.clone();
    this.out = out;
    this.err = err;
    this.stop = stop;
    this.inheritance = inheritance;
  }

  /** The running process that the options name. */
  static TargetProcess target(MemstacksOptions options) throws IOException {
    if (options.name().isPresent()) {
      return TargetProcess.of(ProcessName.pid(options.name().get()));
    }
    return options.tid() == 0
        ? TargetProcess.of(options.pid())
        : TargetProcess.ofThread(options.tid());
  }

  /**
   * @return the exit status, see {@link Exit}
   */
  int run() throws IOException, InterruptedException {
    if (options.view().report().isPresent()) {
      try (ReportFile file = ReportFile.create(options.view().report().get())) {
        return trace(Optional.of(file));
      }
    }
    return trace(Optional.empty());
  }

  private int trace(Optional<ReportFile> file) throws IOException, InterruptedException {
    MallocTrace.warmUp();
    if (options.command().isEmpty()) {
      return trace(file, target(options), Optional.empty());
    }
    String name = options.command().getFirst();
    try (StartedProgram program =
        StartedProgram.start(name, () -> inheritance.start(options.command()))) {
      try {
        return trace(file, TargetProcess.of(program.process().pid()), Optional.of(program));
      } finally {
        if (program.isHeldAtBegin()) {
          err.println(NAME + ": " + name + " was ended before it began to run");
        }
      }
    }
  }

  private int trace(
      Optional<ReportFile> file, TargetProcess target, Optional<StartedProgram> program)
      throws IOException, InterruptedException {
    MemoryMap map = MemoryMap.of(target.pid());
    try (LoadedObjects loaded = new LoadedObjects(new TargetFiles(target.pid()))) {
      UnwindCache cache = UnwindCache.ofUser(System.getenv());
      MallocTrace attached;
      try {
        attached =
            MallocTrace.attach(
                target,
                map,
                loaded,
                () -> Allocator.find(target, map, loaded, options.allocator()),
                cache,
                options.trace());
      } catch (IOException | BpfException e) {
        if (target.isAlive()) {
          throw e;
        }
        throw ended(target, e);
      }
      try (MallocTrace trace = attached) {
        trace.begin();
        note("attached to PID " + target.pid());
        MemoryBudget.unknownLimit().ifPresent(this::note);
        describe(trace, trace.allocator());
        return new MemstacksRun(options, arguments, file, program, out, err, stop)
            .observe(trace, target, map, loaded);
      }
    }
  }

  /** Whatever failed of a process that is gone failed for that. */
  private static TargetException ended(TargetProcess target, Exception failure) {
    return new TargetException(
        "process %d (%s) ended before its probes were in".formatted(target.pid(), target.comm()),
        failure);
  }

  private void describe(MallocTrace trace, Allocator allocator) {
    if (!options.verbose()) {
      return;
    }
    err.println(NAME + ": probes attached by " + trace.kind().name().toLowerCase(Locale.ROOT));
    err.println(NAME + ": " + MemstacksRun.footprint(trace));
    for (HookedFunction hook : allocator.functions()) {
      err.printf(
          "%s: %s in %s at +0x%x: %s (%s%s%s)%n",
          NAME,
          hook.function().symbol(),
          hook.object().name(),
          hook.site().offset(),
          hook.site().instruction(),
          hook.site().reason(),
          hook.returnsAtInstructions()
              ? "; may throw, so single-stepped at the "
                  + hook.returnOffsets().size()
                  + " instructions it returns by"
              : "",
          hook.jumps().isEmpty()
              ? ""
              : "; where it jumps to a probed function: " + hook.jumps().size());
    }
    describeForwarders(allocator);
    trace.mappingCalls().forEach(line -> err.println(NAME + ": " + line));
  }

  private void describeForwarders(Allocator allocator) {
    allocator
        .forwarders()
        .forEach(forwarder ->
            err.printf(
                "%s: %s in %s is not probed: %s%n",
                NAME,
                forwarder.function().symbol(),
                forwarder.object().name(),
                forwarder.reason()));
  }

  private void note(String text) {
    if (!options.quiet()) {
      err.println(NAME + ": " + text);
    }
  }
}
