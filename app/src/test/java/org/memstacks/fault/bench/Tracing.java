package org.memstacks.fault.bench;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;

/** A tool that follows the page faults of a process, as its user runs it. */
final class Tracing implements AutoCloseable {
  private static final int SECONDS = 60;
  private static final int PERF_STARTS_MILLIS = 1500;
  /* A sample of perf's with its stack has some 100 bytes, of which these are certain. */
  private static final int LEAST_SAMPLE_BYTES = 50;

  private final Process process;
  private final Path output;
  private final BufferedReader errors;
  private final StringBuilder said = new StringBuilder();

  private Tracing(List<String> command, Path output) throws IOException {
    this.output = output;
    process = new ProcessBuilder(command).redirectOutput(output.toFile()).start();
    errors = process.errorReader();
  }

  /** pgfaultstacks, once it is attached. */
  static Tracing pgfaultstacks(Path command, int pid, long maxPages) throws IOException {
    Tracing tracing =
        new Tracing(
            List.of(command.toString(), "-f", "-p", "" + pid, "--max-pages", "" + maxPages),
            Files.createTempFile("pgfaultstacks", ".stacks"));
    tracing.read(line -> line.contains("attached to PID"));
    return tracing;
  }

  /** {@code perf record} of every page fault with its stack, as it is compared with. */
  static Tracing perf(int pid) throws IOException {
    Path data = Files.createTempFile("perf", ".data");
    Tracing tracing =
        new Tracing(
            List.of(
                "perf",
                "record",
                "-q",
                "-e",
                "page-faults",
                "-c",
                "1",
                "-g",
                "-o",
                data.toString(),
                "-p",
                "" + pid),
            data);
    pause(PERF_STARTS_MILLIS);
    if (!tracing.process.isAlive()) {
      tracing.read(line -> false);
      throw new IllegalStateException("perf does not record: " + tracing.said);
    }
    return tracing;
  }

  static boolean perfIsInstalled() {
    return Files.exists(Path.of("/usr/bin/perf"));
  }

  /** Reads what it says until a line is what is waited for, or it ends. */
  private void read(Predicate<String> last) throws IOException {
    for (String line = errors.readLine(); line != null; line = errors.readLine()) {
      said.append(line).append('\n');
      if (last.test(line)) {
        return;
      }
    }
  }

  /** Bytes of kernel memory that its table of pages takes, by the kernel's own account. */
  long pageTableBytes(int chunkBytes) throws IOException {
    try (var files = Files.list(Path.of("/proc", "" + java(), "fdinfo"))) {
      for (Path file : files.toList()) {
        List<String> lines = Files.readAllLines(file);
        if (lines.contains("value_size:\t" + chunkBytes)) {
          return lines.stream()
              .filter(line -> line.startsWith("memlock:"))
              .mapToLong(line -> Long.parseLong(line.substring(8).strip()))
              .findFirst()
              .orElseThrow();
        }
      }
    }
    throw new IllegalStateException("no map has values of " + chunkBytes + " bytes");
  }

  /** The launcher replaces itself by Java, or waits for it. */
  private long java() {
    return process.children().map(ProcessHandle::pid).findFirst().orElse(process.pid());
  }

  /** Ends pgfaultstacks, and takes the pages of stacks through this function. */
  long stopAndCount(String function) throws IOException {
    end();
    read(line -> false);
    if (process.exitValue() != 0) {
      throw new IllegalStateException("pgfaultstacks: exit " + process.exitValue() + "\n" + said);
    }
    return Files.readAllLines(output).stream()
        .filter(line -> line.contains(";" + function + ";") || line.contains(";" + function + " "))
        .mapToLong(line -> Long.parseLong(line.substring(line.lastIndexOf(' ') + 1)))
        .sum();
  }

  /** Ends perf, and makes sure that it recorded so many faults. */
  void stopAndExpect(long faults) throws IOException {
    end();
    if (Files.size(output) < faults * LEAST_SAMPLE_BYTES) {
      throw new IllegalStateException(
          "perf recorded too little: " + Files.size(output) + " bytes for " + faults + " faults");
    }
  }

  private void end() {
    process.toHandle().destroy();
    try {
      if (!process.waitFor(SECONDS, TimeUnit.SECONDS)) {
        throw new IllegalStateException("did not end within " + SECONDS + " s");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }

  private static void pause(int millis) {
    try {
      Thread.sleep(millis);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  @Override
  public void close() throws IOException {
    process.destroyForcibly();
    errors.close();
    Files.deleteIfExists(output);
    Files.deleteIfExists(Path.of(output + ".old"));
  }
}
