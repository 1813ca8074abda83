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
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.memstacks.collect.Observation;
import org.memstacks.collect.StartedProgram;
import org.memstacks.report.Trend;

/** One run of memstacks, from the windows' begin to the report. */
final class MemstacksRun {
  private static final String NAME = "memstacks";

  private final MemstacksOptions options;
  private final RunReport report;
  private final Optional<StartedProgram> program;
  private final TracedProcesses processes;
  private final BufferedWriter out;
  private final PrintStream err;
  private final StopRequest stop;
  private final LeakTables tables;

  /**
   * @param arguments as they were typed
   * @param reportFile for the end report
   * @param program the first process, when it was started for this run and waits to begin
   * @param processes whose windows are open
   */
  MemstacksRun(
      MemstacksOptions options,
      String[] arguments,
      Optional<ReportFile> reportFile,
      Optional<StartedProgram> program,
      TracedProcesses processes,
      OutputStream out,
      PrintStream err,
      StopRequest stop) {
    this.options = options;
    this.program = program;
    this.processes = processes;
    this.out = new BufferedWriter(new OutputStreamWriter(out, StandardCharsets.UTF_8));
    this.err = err;
    this.stop = stop;
    this.tables =
        new LeakTables(options.view(), options.isOfOne(), options.folded() ? err : this.out);
    this.report = new RunReport(options, arguments, reportFile, tables, this.out, err);
  }

  /**
   * Names are prepared in the window, which need not wait for them.
   *
   * @return the exit status, see {@link Exit}
   */
  int observe() throws IOException, InterruptedException {
    refresh();
    if (program.isPresent()) {
      if (!program.get().isLate()) {
        processes.named().getFirst().trace().beginsWithProgram();
      }
      program.get().go();
    }
    Instant begin = Instant.now();
    Window.End end = await();
    Duration window = Duration.between(begin, Instant.now());
    processes.stopFollowing();
    end = drain(end);
    if (options.view().peek()) {
      processes.all().forEach(TracedProcess::stopRecording);
      processes.all().forEach(TracedProcess::peek);
    }
    processes.all().forEach(TracedProcess::closeWindow);
    processes.all().forEach(process -> end(process, !process.target().isAlive()));
    program.ifPresent(StartedProgram::release);
    if (program.isPresent() && program.get().isLate()) {
      processes
          .named()
          .getFirst()
          .wasMissed(
              "the program's dynamic linker has no "
                  + StartedProgram.LINKER_READY
                  + ": what its libraries allocated when they were initialized is not counted");
    }
    List<ProcessFindings> findings = new ArrayList<>();
    for (TracedProcess process : processes.all()) {
      process.completeNames();
      findings.add(ProcessFindings.of(process, options));
    }
    findings.addAll(processes.endedChildren());
    int exit =
        report.write(
            findings, processes.missing(), begin, window, OwnMemory.footprint(processes.all()));
    program.ifPresent(this::tellEnd);
    return exit;
  }

  private Window.End await() throws IOException, InterruptedException {
    Optional<Intervals> intervals =
        options.view().interval().map(each -> new Intervals(each, options.duration()));
    long begin = System.nanoTime();
    try {
      return Window.await(
          options.duration(),
          stop,
          this::someAlive,
          () -> {
            refresh();
            if (intervals.isPresent() && intervals.get().isDue()) {
              writeTable(System.nanoTime() - begin);
            }
          });
    } catch (UncheckedIOException e) {
      throw e.getCause();
    }
  }

  /** Whether any process goes on; takes the probes out of those that do not. */
  private boolean someAlive() {
    boolean some = processes.someAlive();
    if (some) {
      processes.named().stream()
          .filter(process -> !process.isAlive())
          .forEach(process -> end(process, true));
    }
    return some;
  }

  private void end(TracedProcess process, boolean targetIsGone) {
    boolean news = process.end(targetIsGone);
    if (news && targetIsGone) {
      note(
          "process %d %s in the window; this is what it left"
              .formatted(process.target().pid(), process.target().ending()));
      if (process.target().threadsLeft() > 0) {
        process.wasMissed(
            "the process ended its main thread, without which it cannot be traced, and runs on: what it allocates from then on is not counted");
      }
    }
  }

  private void tellEnd(StartedProgram started) {
    if (!started.process().hasEnded()) {
      note(started.name() + " goes on running as process " + started.process().pid());
    } else if (!started.process().succeeded()) {
      note(started.name() + " ended with " + started.process().ending());
    }
  }

  private void refresh() {
    boolean held = program.isPresent() && program.get().holdsAnother();
    if (held) {
      processes.named().getFirst().trace().heldAfterExec();
    }
    processes.refresh();
    if (held) {
      program.get().go();
    }
  }

  private void writeTable(long nanos) {
    try {
      List<Trend> trends = new ArrayList<>();
      for (TracedProcess process : processes.all()) {
        Observation observation = process.trace().observe();
        trends.addAll(process.trends(observation));
      }
      processes.endedChildren().forEach(child -> trends.addAll(child.ranked()));
      tables.write(nanos, options.view().order().rank(trends));
      out.flush();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** A request to stop that ended the window does not end what follows it; another one does. */
  private Window.End drain(Window.End end) throws InterruptedException {
    if (options.view().drain().isEmpty() || end == Window.End.TARGET_ENDED) {
      return end;
    }
    processes.all().forEach(TracedProcess::drain);
    note("draining for " + options.view().drain().get().toSeconds() + " s: only frees count now");
    return Window.await(
        options.view().drain(),
        end == Window.End.INTERRUPTED ? stop.next() : stop,
        this::someAlive,
        this::refresh);
  }

  private void note(String text) {
    if (!options.quiet()) {
      err.println(NAME + ": " + text);
    }
  }
}
