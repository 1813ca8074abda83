package org.memstacks.cli;

import java.io.BufferedWriter;
import java.io.IOException;
import java.io.OutputStream;
import java.io.OutputStreamWriter;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.memstacks.bpf.BpfException;
import org.memstacks.bpf.Layouts.Stat;
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
import org.memstacks.symbol.Demangler;
import org.memstacks.symbol.Symbolizer;
import org.memstacks.target.MemoryMap;
import org.memstacks.target.TargetFiles;
import org.memstacks.target.TargetProcess;

/** The command {@code memstacks}. */
final class MemstacksCommand {
  private static final String NAME = "memstacks";

  private final OutputStream out;
  private final PrintStream err;
  private final StopRequest stop;

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
    MemstacksOptions options;
    try {
      if (MemstacksCommandLine.asksFor(args, "-h", "--help")) {
        return print(MemstacksUsage.TEXT);
      }
      if (MemstacksCommandLine.asksFor(args, "-V", "--version")) {
        return print(NAME + " " + Version.TEXT + "\n");
      }
      options = MemstacksCommandLine.parse(args);
    } catch (UsageException e) {
      err.println(NAME + ": " + e.getMessage());
      err.println("Try '" + NAME + " --help'.");
      return Exit.USAGE;
    } catch (IOException e) {
      return Exit.FAILED;
    }
    try {
      return trace(options);
    } catch (IOException | RuntimeException | UnsatisfiedLinkError e) {
      return failed(e, options.debug());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return Exit.FAILED;
    }
  }

  private int trace(MemstacksOptions options) throws IOException, InterruptedException {
    TargetProcess target =
        options.tid() == 0
            ? TargetProcess.of(options.pid())
            : TargetProcess.ofThread(options.tid());
    MemoryMap map = MemoryMap.of(target.pid());
    Allocator allocator = Allocator.find(target, map, options.object());
    Demangler demangler = Demangler.create();
    try (MallocTrace trace = MallocTrace.attach(target, allocator, options.trace());
        Symbolizer symbolizer =
            new Symbolizer(new TargetFiles(target.pid())::openObject, demangler)) {
      trace.begin();
      note(options, "attached to PID " + target.pid());
      symbolizer.add(map);
      describe(options, trace, allocator);
      Window.End end = Window.await(options.duration(), stop, target::isAlive);
      trace.end();
      if (end != Window.End.TARGET_ENDED) {
        refresh(symbolizer, target);
      }
      AllocationProfile profile = trace.profile();
      List<NamedStack> stacks =
          new StackNamer(target.comm(), symbolizer, options.style()).name(profile);
      write(options, stacks);
      if (end == Window.End.TARGET_ENDED) {
        note(options, "process " + target.pid() + " ended in the window; this is what it left");
      }
      return summarize(options, stacks, profile);
    }
  }

  /** What was mapped since the start names what was called there. */
  private static void refresh(Symbolizer symbolizer, TargetProcess target) {
    try {
      symbolizer.add(MemoryMap.of(target.pid()));
    } catch (IOException e) {
      // It ended just now: what was mapped at the start has to do.
    }
  }

  private void write(MemstacksOptions options, List<NamedStack> stacks) throws IOException {
    BufferedWriter writer = new BufferedWriter(new OutputStreamWriter(out, StandardCharsets.UTF_8));
    if (options.folded()) {
      FoldedReport.write(stacks, writer);
    } else {
      StackTable.write(stacks, options.trace().all() ? "allocations" : "blocks", writer);
    }
    writer.flush();
  }

  private int summarize(
      MemstacksOptions options, List<NamedStack> stacks, AllocationProfile profile) {
    Counters counters = profile.counters();
    long bytes = stacks.stream().mapToLong(NamedStack::bytes).sum();
    long blocks = stacks.stream().mapToLong(NamedStack::blocks).sum();
    note(
        options,
        options.trace().all()
            ? "%,d allocations of %s in %,d stacks"
                .formatted(blocks, HumanBytes.of(bytes), stacks.size())
            : "%,d blocks of %s not freed, in %,d stacks; %,d allocations and %,d frees seen"
                .formatted(
                    blocks,
                    HumanBytes.of(bytes),
                    stacks.size(),
                    counters.get(Stat.ALLOCATIONS),
                    counters.get(Stat.FREES)));
    if (options.verbose()) {
      err.println(NAME + ": " + counters);
    }
    List<String> losses = Losses.of(profile, options.trace().all());
    losses.forEach(loss -> err.println(NAME + ": " + loss));
    return losses.isEmpty() ? Exit.COMPLETE : Exit.INCOMPLETE;
  }

  private void describe(MemstacksOptions options, MallocTrace trace, Allocator allocator) {
    if (!options.verbose()) {
      return;
    }
    err.println(
        NAME + ": probes attached by " + trace.kind().name().toLowerCase(java.util.Locale.ROOT));
    for (HookedFunction hook : allocator.functions()) {
      err.printf(
          "%s: %s in %s at +0x%x: %s (%s)%n",
          NAME,
          hook.function().symbol(),
          hook.object().name(),
          hook.site().offset(),
          hook.site().instruction(),
          hook.site().reason());
    }
  }

  private int print(String text) throws IOException {
    out.write(text.getBytes(StandardCharsets.UTF_8));
    out.flush();
    return Exit.COMPLETE;
  }

  private void note(MemstacksOptions options, String text) {
    if (!options.quiet()) {
      err.println(NAME + ": " + text);
    }
  }

  private int failed(Throwable e, boolean debug) {
    err.println(NAME + ": " + e.getMessage());
    if (debug) {
      e.printStackTrace(err);
      if (e instanceof BpfException refusal) {
        err.println(refusal.log());
      }
    }
    return Exit.FAILED;
  }
}
