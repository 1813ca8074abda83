package org.memstacks.cli;

import java.io.BufferedWriter;
import java.io.IOException;
import java.io.OutputStream;
import java.io.OutputStreamWriter;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import org.memstacks.bpf.Layouts.Stat;
import org.memstacks.check.Readiness;
import org.memstacks.collect.AllocationProfile;
import org.memstacks.collect.Allocator;
import org.memstacks.collect.Counters;
import org.memstacks.collect.HookedFunction;
import org.memstacks.collect.MallocTrace;
import org.memstacks.report.FoldedReport;
import org.memstacks.report.HumanBytes;
import org.memstacks.report.NamedStack;
import org.memstacks.report.StackNamer;
import org.memstacks.report.StackTable;
import org.memstacks.target.LoadedObjects;
import org.memstacks.target.MemoryMap;
import org.memstacks.target.TargetFiles;
import org.memstacks.target.TargetProcess;
import org.memstacks.unwind.UnwindCache;

/** The command {@code memstacks}. */
final class MemstacksCommand {
  private static final String NAME = "memstacks";

  private final OutputStream out;
  private final PrintStream err;
  private final StopRequest stop;
  private String[] arguments = {};

  MemstacksCommand(OutputStream out, PrintStream err, StopRequest stop) {
    this.out = out;
    this.err = err;
    this.stop = stop;
  }

  /**
   * Runs the command.
   *
   * @return the exit status, see {@link Exit}
   */
  int run(String[] args) {
    arguments = args.clone();
    return CommandRun.of(
        NAME,
        args,
        err,
        () -> {
          if (CollectorArguments.asksFor(args, "-h", "--help")) {
            return print(MemstacksUsage.TEXT);
          }
          if (CollectorArguments.asksFor(args, "-V", "--version")) {
            return print(NAME + " " + Version.TEXT + "\n");
          }
          MemstacksOptions options = MemstacksCommandLine.parse(args);
          return options.check() ? check(options) : trace(options);
        });
  }

  private int check(MemstacksOptions options) throws IOException {
    Readiness readiness = new Readiness(Problem::describe, UnwindCache.ofUser(System.getenv()));
    boolean machineOnly = options.pid() == 0 && options.tid() == 0;
    CheckReport report =
        new CheckReport(
            machineOnly
                ? readiness.ofMachine(options.trace())
                : readiness.of(() -> target(options), options.allocator(), options.trace()));
    String which =
        machineOnly ? "-p PID" : options.tid() == 0 ? "-p " + options.pid() : "-t " + options.tid();
    BufferedWriter writer = writer();
    report.write(
        machineOnly ? "a process on this machine" : "the process",
        NAME + " " + which + " -f 60 > out.stacks",
        writer);
    writer.flush();
    return report.isTraceable() ? Exit.COMPLETE : Exit.FAILED;
  }

  private static TargetProcess target(MemstacksOptions options) throws IOException {
    return options.tid() == 0
        ? TargetProcess.of(options.pid())
        : TargetProcess.ofThread(options.tid());
  }

  private int trace(MemstacksOptions options) throws IOException, InterruptedException {
    MallocTrace.warmUp();
    TargetProcess target = target(options);
    MemoryMap map = MemoryMap.of(target.pid());
    try (LoadedObjects loaded = new LoadedObjects(new TargetFiles(target.pid()))) {
      Allocator allocator = Allocator.find(target, map, loaded, options.allocator());
      UnwindCache cache = UnwindCache.ofUser(System.getenv());
      try (MallocTrace trace =
          MallocTrace.attach(target, map, loaded, allocator, cache, options.trace())) {
        trace.begin();
        note(options, "attached to PID " + target.pid());
        describe(options, trace, allocator);
        return observe(options, trace, target, map, loaded);
      }
    }
  }

  /**
   * From the window's begin to the report. Names are prepared in the window, which need not wait
   * for them.
   */
  private int observe(
      MemstacksOptions options,
      MallocTrace trace,
      TargetProcess target,
      MemoryMap map,
      LoadedObjects loaded)
      throws IOException, InterruptedException {
    boolean sources = options.inline() || options.style().lines();
    try (TargetNames names = new TargetNames(target, loaded, sources)) {
      names.add(map, trace.codeEpoch());
      Instant begin = Instant.now();
      Window.End end =
          Window.await(
              options.duration(),
              stop,
              target::isAlive,
              () -> {
                trace.refresh().ifPresent(now -> names.add(now, trace.codeEpoch()));
                trace.news().forEach(line -> detail(options, line));
                names.watch();
              });
      trace.end();
      Duration window = Duration.between(begin, Instant.now());
      if (end == Window.End.TARGET_ENDED) {
        note(options, "process " + target.pid() + " ended in the window; this is what it left");
      }
      names.complete(end != Window.End.TARGET_ENDED);
      AllocationProfile profile = trace.profile();
      List<NamedStack> stacks =
          new StackNamer(trace.comm(), names.symbolizer(), options.style(), options.inline())
              .name(profile);
      Losses losses = Losses.of(profile, options.trace().all());
      String total = total(options, stacks, profile.counters());
      RunFacts facts =
          new RunFacts(
              NAME + " " + String.join(" ", arguments), target, begin, window, total, losses);
      write(options, facts, stacks);
      names.problems().forEach(problem -> note(options, problem));
      note(options, total);
      if (options.verbose()) {
        err.println(NAME + ": " + profile.counters());
        printFootprint(trace);
      }
      losses.remarks().forEach(remark -> note(options, remark));
      losses.missing().forEach(loss -> err.println(NAME + ": incomplete: " + loss));
      return losses.missing().isEmpty() ? Exit.COMPLETE : Exit.INCOMPLETE;
    }
  }

  private void write(MemstacksOptions options, RunFacts facts, List<NamedStack> stacks)
      throws IOException {
    BufferedWriter writer = writer();
    if (options.folded()) {
      if (options.facts()) {
        FoldedReport.writeFacts(facts.lines(), writer);
      }
      FoldedReport.write(stacks, writer);
    } else {
      StackTable.write(stacks, options.trace().all() ? "allocations" : "blocks", writer);
    }
    writer.flush();
  }

  private BufferedWriter writer() {
    return new BufferedWriter(new OutputStreamWriter(out, StandardCharsets.UTF_8));
  }

  private static String total(
      MemstacksOptions options, List<NamedStack> stacks, Counters counters) {
    String bytes = HumanBytes.of(stacks.stream().mapToLong(NamedStack::bytes).sum());
    long blocks = stacks.stream().mapToLong(NamedStack::blocks).sum();
    return options.trace().all()
        ? String.format(
            Locale.ROOT, "%,d allocations of %s in %,d stacks", blocks, bytes, stacks.size())
        : String.format(
            Locale.ROOT,
            "%,d blocks of %s not freed, in %,d stacks; %,d allocations and %,d frees seen",
            blocks,
            bytes,
            stacks.size(),
            counters.get(Stat.ALLOCATIONS),
            counters.get(Stat.FREES));
  }

  private void describe(MemstacksOptions options, MallocTrace trace, Allocator allocator) {
    if (!options.verbose()) {
      return;
    }
    err.println(NAME + ": probes attached by " + trace.kind().name().toLowerCase(Locale.ROOT));
    printFootprint(trace);
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

  private void printFootprint(MallocTrace trace) {
    err.println(
        NAME
            + ": tables take "
            + HumanBytes.of(trace.kernelBytes())
            + " of kernel memory, memstacks itself "
            + HumanBytes.of(OwnMemory.residentBytes()));
  }

  private int print(String text) throws IOException {
    out.write(text.getBytes(StandardCharsets.UTF_8));
    out.flush();
    return Exit.COMPLETE;
  }

  private void detail(MemstacksOptions options, String text) {
    if (options.verbose()) {
      err.println(NAME + ": " + text);
    }
  }

  private void note(MemstacksOptions options, String text) {
    if (!options.quiet()) {
      err.println(NAME + ": " + text);
    }
  }
}
