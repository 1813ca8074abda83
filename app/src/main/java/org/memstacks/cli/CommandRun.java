package org.memstacks.cli;

import java.io.IOException;
import java.io.PrintStream;
import java.util.List;
import org.memstacks.bpf.BpfException;

/** Turns what goes wrong in a command into a message and an exit status. */
final class CommandRun {
  private CommandRun() {}

  /** What a command does. */
  @FunctionalInterface
  interface Body {
    int run() throws IOException, UsageException, InterruptedException;
  }

  /**
   * Runs it.
   *
   * @param name of the command
   * @return the exit status, see {@link Exit}
   */
  static int of(String name, String[] args, PrintStream err, Body body) {
    try {
      return body.run();
    } catch (UsageException e) {
      err.println(name + ": " + e.getMessage());
      err.println("Try '" + name + " --help'.");
      return Exit.USAGE;
    } catch (BrokenPipeException e) {
      return Exit.FAILED;
    } catch (IOException | RuntimeException | UnsatisfiedLinkError | OutOfMemoryError e) {
      return failed(name, e, err, List.of(args).contains("--debug"));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return Exit.FAILED;
    }
  }

  private static int failed(String name, Throwable e, PrintStream err, boolean debug) {
    err.println(name + ": " + Problem.describe(e));
    if (debug) {
      e.printStackTrace(err);
      if (e instanceof BpfException refusal) {
        err.println(refusal.log());
      }
    }
    return Exit.FAILED;
  }
}
