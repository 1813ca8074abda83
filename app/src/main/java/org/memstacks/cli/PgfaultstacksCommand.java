package org.memstacks.cli;

import java.io.BufferedWriter;
import java.io.IOException;
import java.io.OutputStream;
import java.io.OutputStreamWriter;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.memstacks.bpf.Layouts.FaultStat;
import org.memstacks.collect.MemoryBudget;
import org.memstacks.fault.FaultProfile;
import org.memstacks.fault.FaultProfile.Basis;
import org.memstacks.fault.FaultTrace;
import org.memstacks.fault.PageGrowth.State;
import org.memstacks.report.FoldedReport;
import org.memstacks.report.GrowthNamer;
import org.memstacks.report.HumanBytes;
import org.memstacks.report.NamedStack;
import org.memstacks.report.StackNamer;
import org.memstacks.report.StackTable;
import org.memstacks.target.LoadedObjects;
import org.memstacks.target.MemoryMap;
import org.memstacks.target.NarrowProgram;
import org.memstacks.target.Pagemap;
import org.memstacks.target.TargetFiles;
import org.memstacks.target.TargetProcess;
import org.memstacks.unwind.UnwindCache;

/** The command {@code pgfaultstacks}. */
final class PgfaultstacksCommand {
  private static final String NAME = "pgfaultstacks";
  static final long PAGE_BYTES = 1L << Pagemap.PAGE_SHIFT;

  private final OutputStream out;
  private final PrintStream err;
  private final StopRequest stop;
  private String[] arguments = {};

  PgfaultstacksCommand(OutputStream out, PrintStream err, StopRequest stop) {
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
            return print(PgfaultstacksUsage.TEXT);
          }
          if (CollectorArguments.asksFor(args, "-V", "--version")) {
            return print(NAME + " " + Version.TEXT + "\n");
          }
          long available = MemoryBudget.current().availableBytes() / PAGE_BYTES;
          return trace(PgfaultstacksCommandLine.parse(args, available));
        });
  }

  private int trace(PgfaultstacksOptions options) throws IOException, InterruptedException {
    FaultTrace.warmUp();
    int pid =
        options.name().isPresent() ? ProcessName.pid(options.name().get(), false) : options.pid();
    TargetProcess target = TargetProcess.of(pid);
    AttachedProgram program = AttachedProgram.of(target);
    MemoryMap map = program.reach(() -> MemoryMap.of(target.pid()));
    NarrowProgram.refuse(target, map);
    UnwindCache cache = UnwindCache.ofUser(System.getenv());
    try (LoadedObjects loaded = new LoadedObjects(new TargetFiles(target.pid()));
        FaultTrace trace =
            program.reach(() -> FaultTrace.attach(target, map, loaded, cache, options.faults()))) {
      program.reach(trace::begin);
      note(options, "attached to PID " + target.pid());
      MemoryBudget.unknownLimit().ifPresent(text -> note(options, text));
      sayWhatMayNotBeRead(target.pid());
      describe(options, trace);
      TracerWatch tracers = new TracerWatch(target, NAME);
      try {
        return observe(options, trace, target, map, loaded, tracers);
      } finally {
        new DebuggerWait(NAME, out, err).await(tracers::debugger);
      }
    }
  }

  private void sayWhatMayNotBeRead(int pid) {
    try {
      Files.readSymbolicLink(Path.of("/proc/" + pid + "/root"));
    } catch (AccessDeniedException e) {
      err.println(
          NAME
              + ": the files of PID "
              + pid
              + " may not be read: its stacks will break off and lack names, and stacks of threads are"
              + " not told from other memory; run as root, or with CAP_SYS_PTRACE");
    } catch (IOException e) {
      // It ended just now, which is said at the end.
    }
  }

  /**
   * From the window's begin to the report. Names are prepared in the window, which need not wait
   * for them.
   */
  private int observe(
      PgfaultstacksOptions options,
      FaultTrace trace,
      TargetProcess target,
      MemoryMap map,
      LoadedObjects loaded,
      TracerWatch tracers)
      throws IOException, InterruptedException {
    boolean sources = options.inline() || options.style().lines();
    try (TargetNames names = new TargetNames(target, loaded, sources)) {
      names.add(map, trace.codeEpoch());
      Runnable warn = () -> tracers.look().ifPresent(text -> err.println(NAME + ": " + text));
      warn.run();
      Instant begin = Instant.now();
      Window.End end =
          Window.await(
              options.duration(),
              stop,
              () -> target.isAlive() && !trace.hasExecuted(),
              () -> {
                trace.poll().ifPresent(now -> names.add(now, trace.codeEpoch()));
                names.watch();
                warn.run();
              });
      trace.end(tracers.debugger() != 0);
      Duration window = Duration.between(begin, Instant.now());
      names.complete(end != Window.End.TARGET_ENDED);
      FaultProfile profile = trace.profile();
      StackNamer namer =
          new StackNamer(target.comm(), names.symbolizer(), options.style(), options.inline());
      List<NamedStack> stacks =
          new GrowthNamer(namer, options.byMapping(), PAGE_BYTES).name(profile.growth());
      Losses losses =
          FaultLosses.of(
              profile,
              trace.hasExecuted() ? "executed another program" : target.ending(),
              trace.unfollowed());
      String total = total(profile, stacks.size());
      RunFacts facts =
          new RunFacts(
              NAME + " " + String.join(" ", arguments), target, begin, window, total, losses);
      write(options, facts, stacks);
      names.problems().forEach(problem -> note(options, problem));
      note(options, total);
      if (options.verbose()) {
        err.println(NAME + ": " + faults(profile, trace.tellsZero()));
        err.println(NAME + ": " + OwnMemory.footprint(NAME, trace.kernelBytes()));
        trace.problems().forEach(problem -> err.println(NAME + ": " + problem));
      }
      losses.remarks().forEach(remark -> note(options, remark));
      losses.missing().forEach(loss -> err.println(NAME + ": incomplete: " + loss));
      return losses.missing().isEmpty() ? Exit.COMPLETE : Exit.INCOMPLETE;
    }
  }

  private void write(PgfaultstacksOptions options, RunFacts facts, List<NamedStack> stacks)
      throws IOException {
    BufferedWriter writer = new BufferedWriter(new OutputStreamWriter(out, StandardCharsets.UTF_8));
    if (options.folded()) {
      if (options.facts()) {
        FoldedReport.writeFacts(facts.lines(), writer);
      }
      FoldedReport.write(stacks, options.bytes() ? NamedStack::bytes : NamedStack::blocks, writer);
    } else {
      StackTable.write(stacks, "pages", writer);
    }
    writer.flush();
  }

  private static String total(FaultProfile profile, int stacks) {
    long pages = profile.pages(State.RESIDENT);
    String total =
        String.format(
            Locale.ROOT,
            "%s; %s (%s) newly resident, in %s",
            Count.of("page fault", profile.faults()),
            Count.pages(pages),
            HumanBytes.of(pages * PAGE_BYTES),
            Count.stacks(stacks));
    return profile.isReconciled()
        ? total
            + String.format(
                Locale.ROOT,
                "; %s (%s) that %s gone; resident set %+,d %s by the kernel's count%s",
                Count.pages(profile.gonePages()),
                HumanBytes.of(profile.gonePages() * PAGE_BYTES),
                profile.gonePages() == 1 ? "was is" : "were are",
                profile.kernelCount().change(),
                Math.abs(profile.kernelCount().change()) == 1 ? "page" : "pages",
                profile.basis() == Basis.BEFORE_END
                    ? String.format(
                        Locale.ROOT, " %.1f s before the end", profile.since().millis() / 1000.0)
                    : "")
        : total;
  }

  private static String faults(FaultProfile profile, boolean tellsZero) {
    Map<FaultStat, Long> counters = profile.counters();
    return String.format(
        Locale.ROOT,
        "faults: %,d reads of and %,d writes to pages that were not there, %s, %,d others;"
            + " %,d of all in system calls; %s of mmap and the like",
        counters.get(FaultStat.READS),
        counters.get(FaultStat.WRITES),
        replaced(counters.get(FaultStat.REPLACED), counters.get(FaultStat.ZERO), tellsZero),
        counters.get(FaultStat.PROTECTION),
        counters.get(FaultStat.KERNEL),
        Count.of("call", counters.get(FaultStat.CALLS)));
  }

  private static String replaced(long all, long zero, boolean tellsZero) {
    return tellsZero
        ? String.format(
            Locale.ROOT,
            "%,d writes to the zero page, %,d to write-protected pages (copied only if shared)",
            zero,
            all - zero)
        : String.format(
            Locale.ROOT,
            "%,d writes to the zero page or to write-protected pages (copied only if shared)",
            all);
  }

  private void describe(PgfaultstacksOptions options, FaultTrace trace) {
    if (!options.verbose()) {
      return;
    }
    err.println(
        NAME
            + ": calls of libc's mmap and the like are followed, attached by "
            + trace.kind().name().toLowerCase(Locale.ROOT));
    err.println(
        String.format(
            Locale.ROOT,
            "%s: room for %,d pages that come takes %s (%.1f bytes each, more where they lie far apart)",
            NAME,
            options.faults().maxPages(),
            HumanBytes.of(trace.pageTableBytes()),
            (double) trace.pageTableBytes() / options.faults().maxPages()));
    err.println(
        NAME
            + (trace.seesWindows()
                ? ": the process's page tables are read when a file's page is, for what comes with it"
                : ": page tables were not found in the kernel: what comes with a file's page that is"
                    + " read counts for the nearest read"));
    err.println(NAME + ": " + OwnMemory.footprint(NAME, trace.kernelBytes()));
    trace.followed().forEach(line -> err.println(NAME + ": " + line));
  }

  private int print(String text) throws IOException {
    out.write(text.getBytes(StandardCharsets.UTF_8));
    out.flush();
    return Exit.COMPLETE;
  }

  private void note(PgfaultstacksOptions options, String text) {
    if (!options.quiet()) {
      err.println(NAME + ": " + text);
    }
  }
}
