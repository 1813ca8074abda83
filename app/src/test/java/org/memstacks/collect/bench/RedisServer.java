package org.memstacks.collect.bench;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * A redis-server of the benchmark's own, on a socket in a directory of its own, without
 * persistence.
 */
final class RedisServer implements AutoCloseable {
  /**
   * What a run of redis-benchmark brought.
   *
   * @param perSecond requests
   * @param serverNanos CPU time the server took for each
   */
  record Run(double perSecond, double serverNanos) {}

  private static final int STARTUP_MILLIS = 5000;

  private final Path directory;
  private final Path socket;
  private final Process process;

  RedisServer() throws IOException {
    directory = Files.createTempDirectory("redis");
    socket = directory.resolve("socket");
    process =
        start(
            "redis-server",
            "--port",
            "0",
            "--unixsocket",
            socket.toString(),
            "--dir",
            directory.toString(),
            "--save",
            "",
            "--appendonly",
            "no",
            "--daemonize",
            "no");
    for (int waited = 0; !Files.exists(socket); waited += 50) {
      if (waited > STARTUP_MILLIS || !process.isAlive()) {
        close();
        throw new IOException("redis-server did not open its socket");
      }
      sleep(50);
    }
  }

  static boolean isInstalled() {
    return Files.exists(Path.of("/usr/bin/redis-server"))
        && Files.exists(Path.of("/usr/bin/redis-benchmark"));
  }

  int pid() {
    return Math.toIntExact(process.pid());
  }

  /** SETs of new values of 200 bytes to 100,000 keys, from 20 connections without pipelining. */
  Run set(int requests) throws IOException {
    long before = cpuNanos();
    Process client =
        start(
            "redis-benchmark",
            "-s",
            socket.toString(),
            "-t",
            "set",
            "-n",
            Integer.toString(requests),
            "-r",
            "100000",
            "-d",
            "200",
            "-c",
            "20",
            "--csv");
    List<String> lines = client.inputReader(StandardCharsets.US_ASCII).lines().toList();
    double nanos = (double) (cpuNanos() - before) / requests;
    String[] fields = lines.getLast().replace("\"", "").split(",");
    if (!fields[0].equals("SET")) {
      throw new IOException("redis-benchmark says " + lines);
    }
    return new Run(Double.parseDouble(fields[1]), nanos);
  }

  /** CPU time of all threads; /proc/PID/task/TID/schedstat. */
  private long cpuNanos() throws IOException {
    long sum = 0;
    try (Stream<Path> threads = Files.list(Path.of("/proc/" + pid() + "/task"))) {
      for (Path thread : threads.toList()) {
        sum += Long.parseLong(Files.readString(thread.resolve("schedstat")).split(" ")[0]);
      }
    }
    return sum;
  }

  @Override
  public void close() throws IOException {
    process.destroy();
    try {
      process.waitFor(5, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    process.destroyForcibly();
    try (Stream<Path> files = Files.walk(directory)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.deleteIfExists(file);
      }
    }
  }

  private static Process start(String... command) throws IOException {
    return new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.DISCARD).start();
  }

  private static void sleep(int milliseconds) {
    try {
      Thread.sleep(milliseconds);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
