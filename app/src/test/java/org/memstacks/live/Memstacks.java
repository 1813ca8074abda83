package org.memstacks.live;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.ProcessBuilder.Redirect;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.BinaryOperator;
import java.util.function.Consumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The command as its user runs it: a process of its own, ended by SIGTERM, its output read to the
 * end.
 */
final class Memstacks implements AutoCloseable {
  private static final long SECONDS = 60;
  private static final String ATTACH = "--attach=";

  private static final Pattern TABLE_HEAD =
      Pattern.compile("([0-9,]+) bytes in ([0-9,]+) (?:blocks|allocations|mappings) \\(.*\\)");

  /** What a table says of stacks. */
  record Sum(long bytes, long blocks) {
    Sum plus(Sum other) {
      return new Sum(bytes + other.bytes, blocks + other.blocks);
    }
  }

  /**
   * What a run left.
   *
   * @param lines of stdout
   */
  record Result(int exit, List<String> lines, String errors) {
    /** Values summed by the frame that called the allocation function. */
    Map<String, Long> byCaller() {
      Map<String, Long> sums = new HashMap<>();
      for (String line : lines) {
        String[] frames = stack(line).split(";");
        sums.merge(frames[frames.length - 2], value(line), Long::sum);
      }
      return sums;
    }

    /** Values of all stacks that contain this frame. */
    long below(String frame) {
      return lines.stream()
          .filter(line -> List.of(stack(line).split(";")).contains(frame))
          .mapToLong(Result::value)
          .sum();
    }

    /** Values of all stacks together. */
    long total() {
      return lines.stream().mapToLong(Result::value).sum();
    }

    /**
     * The lines of a table, without -f, summed by the frame that called the allocation function.
     */
    Map<String, Sum> tableByCaller() {
      return table((leaf, caller) -> caller);
    }

    /** As {@link #tableByCaller}, by the allocation function that one function called. */
    Map<String, Sum> tableByLeafOf(String callerWanted) {
      return table((leaf, caller) -> caller.equals(callerWanted) ? leaf : "other");
    }

    private Map<String, Sum> table(BinaryOperator<String> key) {
      Map<String, Sum> sums = new HashMap<>();
      for (int i = 0; i < lines.size(); i++) {
        Matcher head = TABLE_HEAD.matcher(lines.get(i));
        if (head.matches()) {
          Sum sum =
              new Sum(
                  Long.parseLong(head.group(1).replace(",", "")),
                  Long.parseLong(head.group(2).replace(",", "")));
          sums.merge(key.apply(lines.get(i + 1).strip(), lines.get(i + 2).strip()), sum, Sum::plus);
        }
      }
      return sums;
    }

    /** A counter that --verbose shows. */
    long counter(String name) {
      Matcher counter = Pattern.compile("[{ ]" + name + "=(\\d+)[,}]").matcher(errors);
      if (!counter.find()) {
        throw new IllegalStateException("no counter " + name + " in " + errors);
      }
      return Long.parseLong(counter.group(1));
    }

    static String stack(String line) {
      return line.substring(0, line.lastIndexOf(' '));
    }

    static long value(String line) {
      return Long.parseLong(line.substring(line.lastIndexOf(' ') + 1));
    }
  }

  private final Process process;
  private final List<String> lines = Collections.synchronizedList(new ArrayList<>());
  private final StringBuffer errors = new StringBuffer();
  private final CountDownLatch attached = new CountDownLatch(1);
  private final List<Thread> readers = new ArrayList<>();

  private Memstacks(Process process) {
    this.process = process;
    readers.add(read(process.inputReader(), lines::add));
    readers.add(
        read(
            process.errorReader(),
            line -> {
              errors.append(line).append('\n');
              if (line.contains("attached to PID")) {
                attached.countDown();
              }
            }));
  }

  long pid() {
    return process.pid();
  }

  /** Starts it with this JVM's Java and the classes under test. */
  static Memstacks start(String... arguments) throws IOException {
    return start(Redirect.PIPE, arguments);
  }

  /** As {@link #start}, with its stdout elsewhere. */
  static Memstacks start(Redirect stdout, String... arguments) throws IOException {
    return run(stdout, java(List.of()), arguments);
  }

  /** As {@link #start}, with more options for the JVM. */
  static Memstacks withJvmOptions(List<String> options, String... arguments) throws IOException {
    return run(Redirect.PIPE, java(options), arguments);
  }

  /** The command that runs it with this JVM's Java. */
  static List<String> java(List<String> options) {
    return java("org.memstacks.cli.MemstacksMain", options);
  }

  /** Starts pgfaultstacks instead, and waits until it is attached. */
  static Memstacks attachPgfaultstacks(String... arguments) throws IOException {
    Memstacks collector = startPgfaultstacks(arguments);
    collector.awaitAttached();
    return collector;
  }

  /** Starts pgfaultstacks instead. */
  static Memstacks startPgfaultstacks(String... arguments) throws IOException {
    return run(Redirect.PIPE, collector("pgfaultstacks"), arguments);
  }

  /** The command that runs memstacks, or pgfaultstacks. */
  static List<String> collector(String name) {
    return java(
        "org.memstacks.cli." + (name.equals("memstacks") ? "MemstacksMain" : "PgfaultstacksMain"),
        List.of());
  }

  private static List<String> java(String main, List<String> options) {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.add("--enable-native-access=ALL-UNNAMED");
    command.add("-XX:+UseSerialGC");
    command.add("-XX:TieredStopAtLevel=1");
    command.addAll(options);
    command.add("-cp");
    command.add(System.getProperty("java.class.path"));
    command.add(main);
    return command;
  }

  /** Runs any command that ends as memstacks does. */
  static Memstacks run(Redirect stdout, List<String> command, String... arguments)
      throws IOException {
    for (String argument : arguments) {
      if (argument.startsWith(ATTACH)) {
        AttachWays.assumeKnown(argument.substring(ATTACH.length()));
      }
    }
    // A shell's background jobs, and what they start, ignore SIGINT.
    List<String> all = new ArrayList<>(List.of("env", "--default-signal=INT"));
    all.addAll(command);
    all.addAll(List.of(arguments));
    return new Memstacks(new ProcessBuilder(all).redirectOutput(stdout).start());
  }

  /** Starts it and waits until its probes are in. */
  static Memstacks attach(String... arguments) throws IOException {
    Memstacks memstacks = start(arguments);
    memstacks.awaitAttached();
    return memstacks;
  }

  /** What it has said on stderr so far. */
  String errors() {
    return errors.toString();
  }

  Process process() {
    return process;
  }

  void awaitAttached() throws IOException {
    try {
      for (long waited = 0; !attached.await(100, TimeUnit.MILLISECONDS); waited += 100) {
        if (!process.isAlive()) {
          Result result = result();
          if (attached.getCount() > 0) {
            AttachWays.assumeNotFaulty(result.errors());
            throw new IOException("ended before it was attached: " + result);
          }
        } else if (waited > SECONDS * 1000) {
          throw new IOException("not attached within " + SECONDS + " s: " + errors);
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException(e);
    }
  }

  /** Waits until it has said something. */
  void awaitSaid(String words) throws IOException {
    for (long waited = 0; errors.indexOf(words) < 0; waited += 10) {
      if (waited > SECONDS * 1000) {
        throw new IOException("did not say within " + SECONDS + " s: " + words + "\n" + errors);
      }
      try {
        Thread.sleep(10);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new IOException(e);
      }
    }
  }

  /** Ends the window by SIGTERM, and takes what was written. */
  Result stop() throws IOException {
    // Not Process.destroy, which closes the streams before they are read.
    process.toHandle().destroy();
    return result();
  }

  /** Ends the window as Ctrl-C does, and takes what was written. */
  Result interrupt() throws IOException {
    Signals.send(process.pid(), "INT");
    return result();
  }

  /** Waits for its own end. */
  Result result() throws IOException {
    try {
      if (!process.waitFor(SECONDS, TimeUnit.SECONDS)) {
        throw new IOException("still running after " + SECONDS + " s: " + errors);
      }
      for (Thread reader : readers) {
        reader.join();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException(e);
    }
    return new Result(process.exitValue(), List.copyOf(lines), errors.toString());
  }

  @Override
  public void close() {
    process.destroyForcibly();
    process.onExit().join();
  }

  private static Thread read(BufferedReader from, Consumer<String> to) {
    return Thread.ofPlatform()
        .daemon()
        .start(() -> {
          try {
            from.lines().forEach(to);
          } catch (UncheckedIOException e) {
            // The test closed the stream.
          }
        });
  }
}
