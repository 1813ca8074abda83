package org.memstacks.cli;

import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.memstacks.collect.Allocator;
import org.memstacks.collect.AllocatorFunction;
import org.memstacks.collect.HookedFunction;
import org.memstacks.collect.MallocTrace;
import org.memstacks.collect.MemoryBudget;
import org.memstacks.collect.StartedProgram;
import org.memstacks.target.TargetProcess;

/** Traces processes as the options ask for it: finds or starts them, attaches, and reports. */
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

  /** The running processes that the options name. */
  static List<TargetProcess> targets(MemstacksOptions options) throws IOException {
    if (options.name().isPresent()) {
      return List.of(TargetProcess.of(ProcessName.pid(options.name().get(), !options.check())));
    }
    if (options.tid() != 0) {
      return List.of(TargetProcess.ofThread(options.tid()));
    }
    List<TargetProcess> targets = new ArrayList<>();
    for (int pid : options.pids()) {
      targets.add(TargetProcess.of(pid));
    }
    return targets;
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
      return trace(file, targets(options), Optional.empty());
    }
    String name = options.command().getFirst();
    try (StartedProgram program =
        StartedProgram.start(name, () -> inheritance.start(options.command()))) {
      try {
        return trace(
            file, List.of(TargetProcess.of(program.process().pid())), Optional.of(program));
      } finally {
        if (program.isHeldAtBegin()) {
          err.println(NAME + ": " + name + " was ended before it began to run");
        }
      }
    }
  }

  private int trace(
      Optional<ReportFile> file, List<TargetProcess> targets, Optional<StartedProgram> program)
      throws IOException, InterruptedException {
    try (TracedProcesses processes = new TracedProcesses(options, err)) {
      processes.attach(targets);
      processes.all().forEach(process -> note("attached to PID " + process.target().pid()));
      MemoryBudget.unknownLimit().ifPresent(this::note);
      describe(processes.all());
      try {
        return new MemstacksRun(options, arguments, file, program, processes, out, err, stop)
            .observe();
      } finally {
        new DebuggerWait(NAME, out, err).await(processes::debugger);
      }
    }
  }

  private void describe(List<TracedProcess> processes) {
    if (!options.verbose()) {
      return;
    }
    for (TracedProcess process : processes) {
      String about = NAME + ": " + process.prefix();
      err.println(about + "probes attached by " + kind(process.trace()));
      if (process == processes.getFirst()) {
        err.println(NAME + ": " + OwnMemory.footprint(processes));
      }
      describe(about, process.trace().allocator());
      process.trace().mappingCalls().forEach(line -> err.println(about + line));
    }
  }

  private static String kind(MallocTrace trace) {
    return trace.kind().name().toLowerCase(Locale.ROOT);
  }

  private void describe(String about, Allocator allocator) {
    for (HookedFunction hook : allocator.functions()) {
      err.printf(
          "%s%s in %s at +0x%x: %s (%s%s%s%s)%n",
          about,
          hook.function().symbol(),
          hook.object().name(),
          hook.site().offset(),
          hook.site().instruction(),
          hook.site().reason(),
          hook.returnsAtInstructions()
              ? "; may be left without a return, so single-stepped at the "
                  + hook.returnOffsets().size()
                  + " instructions it returns by"
              : "",
          hook.jumps().isEmpty()
              ? ""
              : "; where it jumps to a probed function: " + hook.jumps().size(),
          widths(hook.function()));
    }
    if (allocator.neverFrees()) {
      err.printf(
          "%sno function frees: the program is linked statically without any, so nothing it allocates can be freed%n",
          about);
    }
    describeForwarders(about, allocator);
  }

  /** Of sizes that are not as wide as a register. */
  private static String widths(AllocatorFunction function) {
    StringBuilder text = new StringBuilder();
    if (isNarrow(function.sizeBits())) {
      text.append("; its size has ").append(function.sizeBits()).append(" bits");
    }
    if (isNarrow(function.countBits())) {
      text.append("; its count has ").append(function.countBits()).append(" bits");
    }
    return text.toString();
  }

  private static boolean isNarrow(int bits) {
    return bits != 0 && bits != Long.SIZE;
  }

  private void describeForwarders(String about, Allocator allocator) {
    allocator
        .forwarders()
        .forEach(forwarder ->
            err.printf(
                "%s%s in %s is not probed: %s%n",
                about,
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
