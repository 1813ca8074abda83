package org.memstacks.cli;

import java.io.BufferedWriter;
import java.io.IOException;
import java.io.OutputStream;
import java.io.OutputStreamWriter;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import org.memstacks.check.Readiness;
import org.memstacks.unwind.UnwindCache;

/** The command {@code memstacks}. */
final class MemstacksCommand {
  private static final String NAME = "memstacks";

  private final OutputStream out;
  private final PrintStream err;
  private final StopRequest stop;
  private final Inheritance inheritance;
  private String[] arguments = {};

  /**
   * @param inheritance for a program that it starts
   */
  MemstacksCommand(OutputStream out, PrintStream err, StopRequest stop, Inheritance inheritance) {
    this.out = out;
    this.err = err;
    this.stop = stop;
    this.inheritance = inheritance;
  }

  /**
   * Runs the command.
   *
   * @return the exit status, see {@link Exit}
   */
  int run(String[] args) {
    arguments = args.clone();
    String[] own = CommandToStart.cut(args).before();
    return CommandRun.of(
        NAME,
        own,
        err,
        () -> {
          if (CollectorArguments.asksFor(own, "-h", "--help")) {
            return print(MemstacksUsage.TEXT);
          }
          if (CollectorArguments.asksFor(own, "-V", "--version")) {
            return print(NAME + " " + Version.TEXT + "\n");
          }
          MemstacksOptions options = MemstacksCommandLine.parse(args);
          return options.check()
              ? check(options)
              : new MemstacksTracing(options, arguments, out, err, stop, inheritance).run();
        });
  }

  private int check(MemstacksOptions options) throws IOException {
    Readiness readiness = new Readiness(Problem::describe, UnwindCache.ofUser(System.getenv()));
    boolean machineOnly =
        options.pids().isEmpty() && options.tid() == 0 && options.name().isEmpty();
    CheckReport report =
        new CheckReport(
            machineOnly
                ? readiness.ofMachine(options.trace())
                : readiness.of(
                    () -> MemstacksTracing.targets(options).getFirst(),
                    options.allocator(),
                    options.trace()));
    String which =
        machineOnly
            ? "-p PID"
            : options.name().isPresent()
                ? "--name " + options.name().get()
                : options.tid() == 0 ? "-p " + options.pids().getFirst() : "-t " + options.tid();
    BufferedWriter writer = new BufferedWriter(new OutputStreamWriter(out, StandardCharsets.UTF_8));
    report.write(
        machineOnly ? "a process on this machine" : "the process",
        NAME + " " + which + " -f 60 > out.stacks",
        writer);
    writer.flush();
    return report.isTraceable() ? Exit.COMPLETE : Exit.FAILED;
  }

  private int print(String text) throws IOException {
    out.write(text.getBytes(StandardCharsets.UTF_8));
    out.flush();
    return Exit.COMPLETE;
  }
}
