package org.memstacks.cli;

import java.io.IOException;
import java.io.PrintStream;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.memstacks.collect.Allocator;
import org.memstacks.collect.MallocTrace;
import org.memstacks.collect.Observation;
import org.memstacks.collect.ProcessFamily;
import org.memstacks.collect.SharedTables;
import org.memstacks.collect.TracePlan;
import org.memstacks.report.StackNamer;
import org.memstacks.report.Trend;
import org.memstacks.report.TrendNamer;
import org.memstacks.target.LoadedObjects;
import org.memstacks.target.MemoryMap;
import org.memstacks.target.TargetException;
import org.memstacks.target.TargetFiles;
import org.memstacks.target.TargetProcess;
import org.memstacks.unwind.UnwindCache;

/**
 * One of the processes that a run traces: looked at by {@link #of}, then {@link #attach}, {@link
 * #begin}, and {@link #end} when it or the window ends. What it has brought is {@link
 * ProcessFindings}.
 */
final class TracedProcess implements AutoCloseable {
  private static final String NAME = "memstacks";

  private final MemstacksOptions options;
  private final TargetProcess target;
  private final boolean alone;
  private final AttachedProgram program;
  private final MemoryMap map;
  private final LoadedObjects loaded;
  private final TracePlan plan;
  private final PrintStream err;
  private MallocTrace trace;
  private TargetNames names;
  private TracerWatch tracers;
  private TrendNamer namesSoFar;
  private Optional<Peek> peek = Optional.empty();
  private Optional<String> unseen = Optional.empty();
  private long begun;
  private boolean targetEnded;
  private boolean ended;

  private TracedProcess(
      MemstacksOptions options,
      TargetProcess target,
      boolean alone,
      AttachedProgram program,
      MemoryMap map,
      LoadedObjects loaded,
      TracePlan plan,
      PrintStream err) {
    this.options = options;
    this.target = target;
    this.alone = alone;
    this.program = program;
    this.map = map;
    this.loaded = loaded;
    this.plan = plan;
    this.err = err;
  }

  /**
   * Looks at what the process has mapped; nothing is attached yet.
   *
   * @param alone whether it is the only one of its run
   * @throws TargetException also when it ends or executes a program meanwhile
   */
  static TracedProcess of(
      MemstacksOptions options,
      TargetProcess target,
      boolean alone,
      SharedTables tables,
      PrintStream err)
      throws IOException {
    AttachedProgram program = AttachedProgram.of(target);
    return program.reach(() -> {
      MemoryMap map = MemoryMap.of(target.pid());
      LoadedObjects loaded = new LoadedObjects(new TargetFiles(target.pid()));
      try {
        TracePlan plan =
            TracePlan.of(target, map, loaded, UnwindCache.ofUser(System.getenv()), tables);
        return new TracedProcess(options, target, alone, program, map, loaded, plan, err);
      } catch (IOException e) {
        loaded.close();
        throw e;
      }
    });
  }

  /**
   * Puts the probes in.
   *
   * @throws TargetException also when it ends or executes a program meanwhile
   */
  void attach() throws IOException {
    trace =
        program.reach(() ->
            MallocTrace.attach(
                plan, () -> Allocator.find(target, map, loaded, options.allocator())));
    names = new TargetNames(target, loaded, options.inline() || options.style().lines());
    names.add(map, trace.codeEpoch());
    tracers = new TracerWatch(target, NAME);
  }

  /**
   * Opens its window.
   *
   * @throws TargetException when it has ended
   */
  void begin() throws TargetException {
    trace.begin();
    begun = ProcessFamily.now();
  }

  /** It was forked in the run's window. */
  void forked(ForkedChild child) {
    if (child.isCopy()) {
      trace.sharesPages();
    }
    if (options.verbose()) {
      err.println(
          "%s: attached to PID %d, which process %d forked"
              .formatted(NAME, target.pid(), child.parent()));
    }
    wasMissed(
        String.format(
            Locale.ROOT,
            "process %d forked it, and it is traced from %.2f s after that on: what it allocated before is not counted",
            child.parent(),
            (begun - child.born()) / 1e9));
  }

  /** Something of it was not seen, since its probes came later than it. */
  void wasMissed(String what) {
    unseen = Optional.of(what);
  }

  /** What is missing since its probes came later than it, in words. */
  Optional<String> unseen() {
    return unseen;
  }

  TargetProcess target() {
    return target;
  }

  TracePlan plan() {
    return plan;
  }

  MallocTrace trace() {
    return trace;
  }

  TargetNames names() {
    return names;
  }

  /** What its stacks begin with: its name, and its number where others are traced as well. */
  String root() {
    return alone ? trace.comm() : trace.comm() + "-" + target.pid();
  }

  /** What messages about it begin with, when there are others. */
  String prefix() {
    return alone ? "" : root() + ": ";
  }

  /** Whether its window goes on and it has not ended; asked for often. */
  boolean isAlive() {
    return !ended && target.isAlive();
  }

  /** Whether it has ended in the window. */
  boolean targetEnded() {
    return targetEnded;
  }

  /** To be called often: keeps up with what it maps, and tells of a debugger. */
  void refresh() {
    if (ended) {
      return;
    }
    // The target's life is at stake: said with --quiet, too.
    tracers.look().ifPresent(warning -> err.println(NAME + ": " + warning));
    trace.refresh().ifPresent(now -> names.add(now, trace.codeEpoch()));
    if (options.verbose()) {
      trace.news().forEach(line -> err.println(NAME + ": " + prefix() + line));
    }
    names.watch();
  }

  /** Closes the window for new blocks. */
  void drain() {
    if (!ended) {
      trace.drain();
    }
  }

  /** Ends its window, but for frees. */
  void stopRecording() {
    if (!ended) {
      trace.stopRecording();
    }
  }

  /** Reads some blocks of the stacks that come first, while frees are still seen. */
  void peek() {
    if (!ended) {
      List<Trend> ranked =
          options.view().order().rank(new TrendNamer(namer()).name(trace.observe()));
      peek = Optional.of(Peek.at(target, ranked, trace.sampler()));
    }
  }

  /** What {@link #peek} has read, if it did. */
  Optional<Peek> contents() {
    return peek;
  }

  /** It ended at that moment, by {@link ProcessFamily#now}, if it is noticed later. */
  void endedAt(long nanos) {
    trace.targetEnded(nanos);
  }

  /** Closes its window at once; {@link #end} is to follow. */
  void closeWindow() {
    if (!ended) {
      trace.closeWindow();
    }
  }

  /** The process number of a debugger that is at it now, 0 when there is none or it has ended. */
  int debugger() {
    return targetEnded ? 0 : tracers.debugger();
  }

  /**
   * Closes its window and takes the probes out, unless a debugger is there.
   *
   * @param targetIsGone whether it ends for that
   * @return whether it was open until now
   */
  boolean end(boolean targetIsGone) {
    if (ended) {
      return false;
    }
    ended = true;
    targetEnded = targetIsGone;
    trace.end(debugger() != 0);
    return true;
  }

  /** After the end: takes in what names there are. */
  void completeNames() {
    names.complete(!targetEnded);
  }

  /** What its live blocks tell while they come and go; in no order. */
  List<Trend> trends(Observation observation) {
    if (namesSoFar == null) {
      namesSoFar = new TrendNamer(namer());
    }
    return namesSoFar.name(observation);
  }

  /** Gives names to its stacks, as far as its code is known now. */
  StackNamer namer() {
    return new StackNamer(root(), names.symbolizer(), options.style(), options.inline());
  }

  @Override
  public void close() throws IOException {
    MallocTrace probes = trace;
    TargetNames files = names;
    // The last one first.
    try (loaded;
        probes;
        files) {
      ended = true;
    }
  }
}
