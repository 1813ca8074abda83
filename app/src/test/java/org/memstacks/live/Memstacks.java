package org.memstacks.live;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * The command as its user runs it: a process of its own, ended by SIGTERM, its output read to the
 * end.
 */
final class Memstacks implements AutoCloseable {
  private static final long SECONDS = 60;

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

  /** Starts it in this JVM's place, with the classes under test. */
  static Memstacks start(String... arguments) throws IOException {
    List<String> command =
        new ArrayList<>(
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--enable-native-access=ALL-UNNAMED",
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1",
                "-cp",
                System.getProperty("java.class.path"),
                "org.memstacks.cli.MemstacksMain"));
    command.addAll(List.of(arguments));
    return new Memstacks(new ProcessBuilder(command).start());
  }

  /** Starts it and waits until its probes are in. */
  static Memstacks attach(String... arguments) throws IOException {
    Memstacks memstacks = start(arguments);
    memstacks.awaitAttached();
    return memstacks;
  }

  Process process() {
    return process;
  }

  void awaitAttached() throws IOException {
    try {
      if (!attached.await(SECONDS, TimeUnit.SECONDS)) {
        throw new IOException("not attached within " + SECONDS + " s: " + errors);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException(e);
    }
  }

  /** Ends the window as Ctrl-C would, and takes what was written. */
  Result stop() throws IOException {
    // Not Process.destroy, which closes the streams before they are read.
    process.toHandle().destroy();
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

  private static Thread read(BufferedReader from, java.util.function.Consumer<String> to) {
    return Thread.ofPlatform().daemon().start(() -> from.lines().forEach(to));
  }
}
