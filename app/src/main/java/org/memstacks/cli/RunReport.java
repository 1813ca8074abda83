package org.memstacks.cli;

import java.io.IOException;
import java.io.PrintStream;
import java.io.Writer;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.memstacks.report.FoldedReport;
import org.memstacks.report.LeakReport;
import org.memstacks.report.NamedStack;
import org.memstacks.report.StackTable;
import org.memstacks.report.Trend;

/** Writes what a run has found: stacks to stdout, what they mean to stderr or the report's file. */
final class RunReport {
  private static final String NAME = "memstacks";

  private final MemstacksOptions options;
  private final String[] arguments;
  private final Optional<ReportFile> file;
  private final LeakTables tables;
  private final Writer out;
  private final PrintStream err;

  /**
   * @param arguments as they were typed
   * @param tables where those at intervals go
   */
  RunReport(
      MemstacksOptions options,
      String[] arguments,
      Optional<ReportFile> file,
      LeakTables tables,
      Writer out,
      PrintStream err) {
    this.options = options;
    this.arguments = arguments.clone();
    this.file = file;
    this.tables = tables;
    this.out = out;
    this.err = err;
  }

  /**
   * @param missing what is, of none of the processes
   * @param begin of the window
   * @param footprint memory that the traces take, for people
   * @return the exit status, see {@link Exit}
   */
  int write(
      List<ProcessFindings> processes,
      List<String> missing,
      Instant begin,
      Duration window,
      String footprint)
      throws IOException {
    List<Trend> ranked =
        options
            .view()
            .order()
            .rank(processes.stream().flatMap(process -> process.ranked().stream()).toList());
    long seenNanos = processes.stream().mapToLong(ProcessFindings::seenNanos).max().orElse(0);
    RunFacts facts =
        new RunFacts(
            NAME + " " + String.join(" ", arguments),
            begin,
            window,
            processes.stream().map(this::part).toList(),
            missing);
    writeStacks(facts, processes, seenNanos, ranked);
    for (ProcessFindings process : processes) {
      process.remarks().forEach(text -> note(process.prefix() + text));
      note(process.prefix() + process.total());
      process.findings().values().forEach(text -> note(process.prefix() + text));
    }
    summarize(facts, processes, seenNanos, ranked);
    if (options.verbose()) {
      for (ProcessFindings process : processes) {
        process.details().forEach(text -> err.println(NAME + ": " + process.prefix() + text));
      }
      err.println(NAME + ": " + footprint);
    }
    for (ProcessFindings process : processes) {
      process.losses().remarks().forEach(text -> note(process.prefix() + text));
    }
    List<String> lost = new ArrayList<>(missing);
    for (ProcessFindings process : processes) {
      process.losses().missing().forEach(text -> lost.add(process.prefix() + text));
    }
    lost.forEach(text -> err.println(NAME + ": incomplete: " + text));
    return lost.isEmpty() ? Exit.COMPLETE : Exit.INCOMPLETE;
  }

  private RunFacts.Part part(ProcessFindings process) {
    return new RunFacts.Part(
        options.isOfOne() ? "" : process.root(),
        process.target(),
        process.total(),
        process.findings(),
        process.losses());
  }

  /** What stdout is for. */
  private void writeStacks(
      RunFacts facts, List<ProcessFindings> processes, long seenNanos, List<Trend> ranked)
      throws IOException {
    List<NamedStack> stacks =
        processes.stream()
            .flatMap(process -> process.stacks().stream())
            .sorted(NamedStack.ASCENDING)
            .toList();
    if (options.folded()) {
      if (options.facts()) {
        FoldedReport.writeFacts(facts.lines(), out);
      }
      if (options.view().blocks()) {
        FoldedReport.writeBlocks(stacks, out);
      } else {
        FoldedReport.write(stacks, out);
      }
    } else if (options.view().interval().isPresent() && ProcessFindings.isJudged(options)) {
      tables.write(seenNanos, ranked);
    } else {
      StackTable.write(stacks, options.trace().all() ? "allocations" : "blocks", out);
    }
    out.flush();
  }

  /** What the stacks mean: in the report's file when there is one, else in short on stderr. */
  private void summarize(
      RunFacts facts, List<ProcessFindings> processes, long seenNanos, List<Trend> ranked)
      throws IOException {
    String contents = String.join("", processes.stream().map(ProcessFindings::contents).toList());
    if (file.isPresent()) {
      StringBuilder text = new StringBuilder();
      LeakReport.write(facts.lines(), ranked, options.view().top(), text);
      text.append(contents.isEmpty() ? "" : "\n" + contents);
      file.get().write(text.toString());
      note("the report is in " + options.view().report().get());
      return;
    }
    boolean shown = options.view().interval().isPresent() && !options.folded();
    if (!options.quiet() && !shown && !ranked.isEmpty()) {
      new LeakTables(options.view(), options.isOfOne(), err).write(seenNanos, ranked);
    }
    err.print(contents);
  }

  private void note(String text) {
    if (!options.quiet()) {
      err.println(NAME + ": " + text);
    }
  }
}
