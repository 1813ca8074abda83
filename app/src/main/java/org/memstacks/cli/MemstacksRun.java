package org.memstacks.cli;

import java.io.BufferedWriter;
import java.io.IOException;
import java.io.OutputStream;
import java.io.OutputStreamWriter;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.SequencedMap;
import java.util.stream.Stream;
import org.memstacks.collect.AllocationProfile;
import org.memstacks.collect.BlockOptions.View;
import org.memstacks.collect.MallocTrace;
import org.memstacks.collect.Observation;
import org.memstacks.collect.StartedProgram;
import org.memstacks.report.FoldedReport;
import org.memstacks.report.HumanBytes;
import org.memstacks.report.LeakReport;
import org.memstacks.report.NamedStack;
import org.memstacks.report.StackNamer;
import org.memstacks.report.StackTable;
import org.memstacks.report.Trend;
import org.memstacks.report.TrendNamer;
import org.memstacks.target.LoadedObjects;
import org.memstacks.target.MemoryMap;
import org.memstacks.target.TargetProcess;

/** One run of memstacks, from the window's begin to the report. */
final class MemstacksRun {
  private static final String NAME = "memstacks";
  /* Of a few kilobytes each in all. */
  private static final int MANY_STACKS = 5_000;

  private final MemstacksOptions options;
  private final String[] arguments;
  private final Optional<ReportFile> reportFile;
  private final Optional<StartedProgram> program;
  private final BufferedWriter out;
  private final PrintStream err;
  private final StopRequest stop;
  private final LeakTables tables;
  private TracerWatch tracers;
  private boolean targetEnded;

  /**
   * @param arguments as they were typed
   * @param reportFile for the end report
   * @param program the target, when it was started for this run and waits to begin
   */
  MemstacksRun(
      MemstacksOptions options,
      String[] arguments,
      Optional<ReportFile> reportFile,
      Optional<StartedProgram> program,
      OutputStream out,
      PrintStream err,
      StopRequest stop) {
    this.options = options;
    this.arguments = arguments.clone();
    this.reportFile = reportFile;
    this.program = program;
    this.out = new BufferedWriter(new OutputStreamWriter(out, StandardCharsets.UTF_8));
    this.err = err;
    this.stop = stop;
    this.tables = new LeakTables(options.view(), options.folded() ? err : this.out);
  }

  /**
   * Names are prepared in the window, which need not wait for them.
   *
   * @param trace whose window is open
   * @return the exit status, see {@link Exit}
   */
  int observe(MallocTrace trace, TargetProcess target, MemoryMap map, LoadedObjects loaded)
      throws IOException, InterruptedException {
    boolean sources = options.inline() || options.style().lines();
    try (TargetNames names = new TargetNames(target, loaded, sources)) {
      names.add(map, trace.codeEpoch());
      tracers = new TracerWatch(target, NAME);
      warnOfTracer();
      program.ifPresent(StartedProgram::go);
      Instant begin = Instant.now();
      Window.End end = await(trace, target, names);
      Duration window = Duration.between(begin, Instant.now());
      end = drain(end, trace, target, names);
      Optional<Peek> peek = peek(trace, target, names);
      trace.end();
      program.ifPresent(StartedProgram::release);
      targetEnded = end == Window.End.TARGET_ENDED;
      if (targetEnded) {
        note("process " + target.pid() + " ended in the window; this is what it left");
      }
      names.complete(!targetEnded);
      int exit = report(trace, target, names, begin, window, peek);
      program.ifPresent(this::tellEnd);
      return exit;
    }
  }

  private Window.End await(MallocTrace trace, TargetProcess target, TargetNames names)
      throws IOException, InterruptedException {
    Optional<Intervals> intervals =
        options.view().interval().map(each -> new Intervals(each, options.duration()));
    TrendNamer namer = new TrendNamer(stackNamer(trace, names));
    try {
      return Window.await(
          options.duration(),
          stop,
          target::isAlive,
          () -> {
            refresh(trace, names);
            if (intervals.isPresent() && intervals.get().isDue()) {
              writeTable(trace, namer);
            }
          });
    } catch (UncheckedIOException e) {
      throw e.getCause();
    }
  }

  private void tellEnd(StartedProgram started) {
    if (!started.process().hasEnded()) {
      note(started.name() + " goes on running as process " + started.process().pid());
    } else if (!started.process().succeeded()) {
      note(started.name() + " ended with " + started.process().ending());
    }
  }

  private void refresh(MallocTrace trace, TargetNames names) {
    warnOfTracer();
    boolean held = program.isPresent() && program.get().holdsAnother();
    if (held) {
      trace.heldAfterExec();
    }
    trace.refresh().ifPresent(now -> names.add(now, trace.codeEpoch()));
    if (options.verbose()) {
      trace.news().forEach(line -> err.println(NAME + ": " + line));
    }
    names.watch();
    if (held) {
      program.get().go();
    }
  }

  /** The target's life is at stake: said with --quiet, too. */
  private void warnOfTracer() {
    tracers.look().ifPresent(warning -> err.println(NAME + ": " + warning));
  }

  private void writeTable(MallocTrace trace, TrendNamer namer) {
    try {
      Observation observation = trace.observe();
      tables.write(observation, tables.rank(observation, namer));
      out.flush();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** A request to stop that ended the window does not end what follows it. */
  private Window.End drain(
      Window.End end, MallocTrace trace, TargetProcess target, TargetNames names)
      throws InterruptedException {
    if (options.view().drain().isEmpty() || end == Window.End.TARGET_ENDED) {
      return end;
    }
    trace.drain();
    note("draining for " + options.view().drain().get().toSeconds() + " s: only frees count now");
    return Window.await(
        options.view().drain(),
        end == Window.End.INTERRUPTED ? new StopRequest() : stop,
        target::isAlive,
        () -> refresh(trace, names));
  }

  private Optional<Peek> peek(MallocTrace trace, TargetProcess target, TargetNames names) {
    if (!options.view().peek()) {
      return Optional.empty();
    }
    List<Trend> ranked = tables.rank(trace.observe(), new TrendNamer(stackNamer(trace, names)));
    return Optional.of(Peek.at(target, ranked, trace.sampler()));
  }

  private StackNamer stackNamer(MallocTrace trace, TargetNames names) {
    return new StackNamer(trace.comm(), names.symbolizer(), options.style(), options.inline());
  }

  private int report(
      MallocTrace trace,
      TargetProcess target,
      TargetNames names,
      Instant begin,
      Duration window,
      Optional<Peek> peek)
      throws IOException {
    AllocationProfile profile = trace.profile();
    collectGarbage(profile);
    StackNamer namer = stackNamer(trace, names);
    List<NamedStack> stacks = namer.name(profile);
    collectGarbage(profile);
    Losses losses = Losses.of(profile, options.trace().all()).plusLostProbes(trace.lostProbes());
    if (program.isPresent() && program.get().isLate()) {
      losses =
          losses.plusMissing(
              "the program's dynamic linker has no "
                  + StartedProgram.LINKER_READY
                  + ": what its libraries allocated when they were initialized is not counted");
    }
    String total = new Totals(profile, options.trace(), stacks).text();
    boolean judged = !options.trace().all() && options.trace().blocks().view() == View.UNFREED;
    Optional<Observation> observation = judged ? Optional.of(trace.observe()) : Optional.empty();
    collectGarbage(profile);
    List<Trend> ranked =
        observation.map(seen -> tables.rank(seen, new TrendNamer(namer))).orElse(List.of());
    SequencedMap<String, String> findings = new LinkedHashMap<>();
    if (judged) {
      if (!targetEnded) {
        findings.put(
            "resident",
            RunFacts.resident(
                profile.activity().residentPages(),
                profile.totalBytes(),
                options.trace().blocks().mappings()
                    ? OptionalLong.of(profile.mappings().mapped().bytes())
                    : OptionalLong.empty()));
      }
      if (!ranked.isEmpty()) {
        findings.put("verdict", LeakTables.verdict(ranked));
      }
    }
    RunFacts facts =
        new RunFacts(
            NAME + " " + String.join(" ", arguments),
            target,
            begin,
            window,
            total,
            findings,
            losses);
    write(facts, stacks, observation, ranked);
    Stream.concat(names.problems().stream(), trace.problems().stream())
        .distinct()
        .forEach(this::note);
    note(total);
    findings.values().forEach(this::note);
    StringBuilder contents = new StringBuilder();
    if (peek.isPresent()) {
      peek.get().write(trace.sampler(), contents);
    }
    summarize(facts, observation, ranked, contents.toString());
    if (options.verbose()) {
      err.println(NAME + ": " + profile.counters());
      err.println(NAME + ": " + footprint(trace));
    }
    losses.remarks().forEach(this::note);
    losses.missing().forEach(loss -> err.println(NAME + ": incomplete: " + loss));
    return losses.missing().isEmpty() ? Exit.COMPLETE : Exit.INCOMPLETE;
  }

  /**
   * Between the steps of the read-out, if there is much to read: left to itself the JVM would
   * rather take more memory, and memory is what may be short.
   */
  private static void collectGarbage(AllocationProfile profile) {
    if (profile.stacks().size() > MANY_STACKS) {
      System.gc();
    }
  }

  /** What stdout is for. */
  private void write(
      RunFacts facts,
      List<NamedStack> stacks,
      Optional<Observation> observation,
      List<Trend> ranked)
      throws IOException {
    if (options.folded()) {
      if (options.facts()) {
        FoldedReport.writeFacts(facts.lines(), out);
      }
      if (options.view().blocks()) {
        FoldedReport.writeBlocks(stacks, out);
      } else {
        FoldedReport.write(stacks, out);
      }
    } else if (options.view().interval().isPresent() && observation.isPresent()) {
      tables.write(observation.get(), ranked);
    } else {
      StackTable.write(stacks, options.trace().all() ? "allocations" : "blocks", out);
    }
    out.flush();
  }

  /** What the stacks mean: in the report's file when there is one, else in short on stderr. */
  private void summarize(
      RunFacts facts, Optional<Observation> observation, List<Trend> ranked, String contents)
      throws IOException {
    if (reportFile.isPresent()) {
      StringBuilder text = new StringBuilder();
      LeakReport.write(facts.lines(), ranked, options.view().top(), text);
      text.append(contents.isEmpty() ? "" : "\n" + contents);
      reportFile.get().write(text.toString());
      note("the report is in " + options.view().report().get());
      return;
    }
    boolean shown = options.view().interval().isPresent() && !options.folded();
    if (!options.quiet() && !shown && !ranked.isEmpty()) {
      new LeakTables(options.view(), err).write(observation.get(), ranked);
    }
    err.print(contents);
  }

  /** Memory the trace takes, for people. */
  static String footprint(MallocTrace trace) {
    return String.format(
        Locale.ROOT,
        "tables take %s of kernel memory, memstacks itself %s",
        HumanBytes.of(trace.kernelBytes()),
        HumanBytes.of(OwnMemory.residentBytes()));
  }

  private void note(String text) {
    if (!options.quiet()) {
      err.println(NAME + ": " + text);
    }
  }
}
