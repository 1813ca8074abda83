package org.memstacks.live;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.ToLongFunction;

/**
 * A program of {@code src/test/c} that knows the truth about its own allocations; {@code
 * protocol.h} says how to speak to it. Always ended when closed.
 */
final class TracedProgram implements AutoCloseable {
  private static final long SECONDS = 60;

  /** What one function says of itself, in bytes requested. */
  record Truth(
      long unfreedBytes, long unfreedBlocks, long allBytes, long allEvents, long failedEvents) {}

  private final Process process;
  private final BufferedReader output;
  private final int pid;

  private TracedProgram(Process process) throws IOException {
    this.process = process;
    this.output = process.inputReader();
    String line = line();
    if (line == null || !line.startsWith("pid ")) {
      process.destroyForcibly();
      throw new IOException("the program began with '" + line + "'");
    }
    this.pid = Integer.parseInt(line.substring(4));
  }

  /** Builds the program if needed and starts it; it waits for {@link #begin()}. */
  static TracedProgram start(String name, String... arguments) throws IOException {
    return start(Map.of(), name, arguments);
  }

  /** As {@link #start}, with additions to its environment. */
  static TracedProgram start(Map<String, String> environment, String name, String... arguments)
      throws IOException {
    List<String> command = new ArrayList<>(List.of(build(name).toString()));
    command.addAll(List.of(arguments));
    return start(environment, command);
  }

  /** Starts a command that becomes one of the programs. */
  static TracedProgram start(Map<String, String> environment, List<String> command)
      throws IOException {
    ProcessBuilder builder =
        new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.DISCARD);
    builder.environment().putAll(environment);
    return new TracedProgram(builder.start());
  }

  /**
   * The program's executable, made by its own Makefile: one at a time, as several share sources.
   */
  static synchronized Path build(String name) throws IOException {
    Path out = Checkout.root().resolve("app/target/test-programs");
    Process make =
        new ProcessBuilder(
                "make",
                "-s",
                "-C",
                Checkout.root().resolve("app/src/test/c").toString(),
                "OUT=" + out,
                name)
            .redirectErrorStream(true)
            .start();
    String said =
        new String(make.getInputStream().readAllBytes(), java.nio.charset.StandardCharsets.UTF_8);
    try {
      if (make.waitFor() != 0) {
        throw new IOException("building " + name + ": " + said);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException(e);
    }
    return out.resolve(name);
  }

  int pid() {
    return pid;
  }

  Process process() {
    return process;
  }

  /** Lets it do its work. */
  void begin() throws IOException {
    process.getOutputStream().write('b');
    process.getOutputStream().flush();
  }

  /** Waits until its work is done; what it allocated is still live then. By function. */
  Map<String, Truth> truth() throws IOException {
    return truthWithin(SECONDS);
  }

  /** As {@link #truth}, of much work. */
  Map<String, Truth> truthWithin(long seconds) throws IOException {
    Map<String, Truth> truth = new LinkedHashMap<>();
    for (String line = line(seconds); !"end".equals(line); line = line(seconds)) {
      if (line == null) {
        throw new IOException("the program ended before it told the truth");
      }
      String[] fields = line.split("\t");
      if (fields.length == 6 && !fields[0].equals("function")) {
        truth.put(
            fields[0],
            new Truth(
                Long.parseLong(fields[1]),
                Long.parseLong(fields[2]),
                Long.parseLong(fields[3]),
                Long.parseLong(fields[4]),
                Long.parseLong(fields[5])));
      }
    }
    return truth;
  }

  /** Sums of the truth by function, functions without any left out. */
  static Map<String, Long> nonZero(Map<String, Truth> truth, ToLongFunction<Truth> value) {
    Map<String, Long> result = new TreeMap<>();
    truth.forEach((function, t) -> {
      if (value.applyAsLong(t) != 0) {
        result.put(function, value.applyAsLong(t));
      }
    });
    return result;
  }

  /** Lets it exit, and waits for that. */
  int end() throws IOException {
    process.getOutputStream().write('e');
    process.getOutputStream().flush();
    return exit();
  }

  /** Waits for its own end. */
  int exit() throws IOException {
    return Timed.within(SECONDS, process::waitFor);
  }

  /** The next line it says. */
  String line() throws IOException {
    return line(SECONDS);
  }

  private String line(long seconds) throws IOException {
    return Timed.within(seconds, output::readLine);
  }

  @Override
  public void close() {
    process.destroyForcibly();
    process.onExit().join();
  }

  /** Runs something that may block, for a limited time. */
  static final class Timed {
    private Timed() {}

    static <T> T within(long seconds, Callable<T> work) throws IOException {
      FutureTask<T> task = new FutureTask<>(work);
      Thread.ofPlatform().daemon().start(task);
      try {
        return task.get(seconds, TimeUnit.SECONDS);
      } catch (TimeoutException e) {
        throw new IOException("no answer within " + seconds + " s", e);
      } catch (ExecutionException e) {
        throw new IOException(e.getCause());
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new IOException(e);
      }
    }
  }
}
