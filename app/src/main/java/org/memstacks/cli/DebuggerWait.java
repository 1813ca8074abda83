package org.memstacks.cli;

import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.util.function.IntSupplier;
import org.memstacks.foreign.NativeFunction;

/**
 * Keeps a collector from ending, and its probes in, while a debugger is at a target: see {@link
 * TracerWatch} for what would happen otherwise.
 */
final class DebuggerWait {
  private static final long POLL_MILLIS = 250;
  private static final int SIGHUP = 1;
  private static final int SIGINT = 2;
  private static final int SIGTERM = 15;
  private static final int SIG_DFL = 0;

  private final String collector;
  private final OutputStream out;
  private final PrintStream err;

  /**
   * @param collector the command's name
   * @param out closed while this waits, for whoever reads the result
   */
  DebuggerWait(String collector, OutputStream out, PrintStream err) {
    this.collector = collector;
    this.out = out;
    this.err = err;
  }

  /**
   * Returns when there is no debugger any more. Any signal that ends processes ends this one.
   *
   * @param debugger the process number of one that is there, 0 for none
   */
  void await(IntSupplier debugger) throws InterruptedException {
    int first = debugger.getAsInt();
    if (first == 0) {
      return;
    }
    try {
      out.close();
    } catch (IOException e) {
      // What could not be written was said before.
    }
    // The JVM, once it is about to end, hears no further signal.
    NativeFunction signal = NativeFunction.ofC("signal").orElseThrow();
    for (int number : new int[] {SIGHUP, SIGINT, SIGTERM}) {
      signal.call(number, SIG_DFL);
    }
    // The target's life is at stake: said with --quiet, too.
    err.printf(
        "%s: the result is written; the probes stay in until the debugger, process %d, has left,"
            + " as taking them out now can kill what it debugs. Ctrl-C or SIGTERM takes them out all the same%n",
        collector, first);
    while (debugger.getAsInt() != 0) {
      Thread.sleep(POLL_MILLIS);
    }
  }
}
