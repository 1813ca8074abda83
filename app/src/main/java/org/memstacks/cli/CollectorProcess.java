package org.memstacks.cli;

import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;

/** A collector as a process of its own: standard streams, signals, exit status. */
final class CollectorProcess {
  /** The command proper. */
  @FunctionalInterface
  interface Command {
    int run(OutputStream out, PrintStream err, StopRequest stop);
  }

  private static final Set<String> SIGNAL_THREADS =
      Set.of("SIGINT handler", "SIGTERM handler", "SIGHUP handler");

  private CollectorProcess() {}

  /** When memory runs out the kernel shall take the collector, not what it looks at. */
  private static void beFirstToDie() {
    try {
      Files.writeString(Path.of("/proc/self/oom_score_adj"), "1000");
    } catch (IOException e) {
      // Only a kernel without /proc refuses to raise it.
    }
  }

  /**
   * How many signals asked the JVM to end, until it does. It has a thread made for each one, of
   * which those after the first wait for ever (jdk.internal.misc.Signal, java.lang.Shutdown): that
   * is all there is to be seen of them.
   */
  private static int signals() {
    return (int)
        Thread.getAllStackTraces().keySet().stream()
            .filter(thread -> SIGNAL_THREADS.contains(thread.getName()))
            .count();
  }

  /** Runs the command and ends the JVM with its exit status, also when a signal came meanwhile. */
  static void run(Command command) {
    beFirstToDie();
    // Numbers in messages are for people and for scripts of any country.
    Locale.setDefault(Locale.ROOT);
    StopRequest stop = new StopRequest(CollectorProcess::signals);
    CountDownLatch done = new CountDownLatch(1);
    AtomicInteger exit = new AtomicInteger(Exit.FAILED);
    // The JVM begins to shut down on SIGINT and SIGTERM; it waits for this until the result is
    // written.
    Thread hook =
        new Thread(
            () -> {
              stop.request();
              try {
                done.await();
              } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
              }
              Runtime.getRuntime().halt(exit.get());
            },
            "stop");
    Runtime.getRuntime().addShutdownHook(hook);
    PrintStream err =
        new PrintStream(new FileOutputStream(FileDescriptor.err), true, StandardCharsets.UTF_8);
    try {
      exit.set(command.run(new StandardOutput(), err, stop));
    } finally {
      done.countDown();
    }
    System.exit(exit.get());
  }
}
