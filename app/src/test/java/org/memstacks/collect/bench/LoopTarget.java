package org.memstacks.collect.bench;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.OutputStreamWriter;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;

/** The process that is traced: app/src/bench/c/loop.c, which mallocs and frees on demand. */
final class LoopTarget implements AutoCloseable {
  /** Stacks from which the loop allocates. */
  enum Shape {
    REPEAT("repeat"),
    SAME_SP("same-sp"),
    DEPTHS("depths"),
    CHAINS_16("chains-16"),
    CHAINS_112("chains-112");

    private final String argument;

    Shape(String argument) {
      this.argument = argument;
    }
  }

  /**
   * What the loop says it did.
   *
   * @param pairs of malloc and free, of all threads
   * @param cpuNanos CPU time of the threads, summed
   * @param wallNanos wall time of the threads, summed
   * @param kept blocks allocated after the timed loop and not freed: one for each thread and stack
   * @param stacks different ones in each thread
   */
  record Run(long pairs, long cpuNanos, long wallNanos, long kept, int stacks) {
    /** CPU time: what other processes of the machine take is not in it. */
    double nanosPerPair() {
      return (double) cpuNanos / pairs;
    }
  }

  static final int BLOCK_BYTES = 64;

  private final Process process;
  private final BufferedReader answers;
  private final Writer orders;
  private final int pid;

  LoopTarget(Path executable) throws IOException {
    process =
        new ProcessBuilder(executable.toString())
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    answers = process.inputReader(StandardCharsets.US_ASCII);
    orders = new OutputStreamWriter(process.getOutputStream(), StandardCharsets.US_ASCII);
    pid = Integer.parseInt(answer());
  }

  int pid() {
    return pid;
  }

  Run run(Shape shape, int threads, int milliseconds) throws IOException {
    order("run %s %d %d".formatted(shape.argument, threads, milliseconds));
    String[] fields = answer().split(" ");
    return new Run(
        Long.parseLong(fields[0]),
        Long.parseLong(fields[1]),
        Long.parseLong(fields[2]),
        Long.parseLong(fields[3]),
        Integer.parseInt(fields[4]));
  }

  /** Frees the blocks that runs kept. */
  void drop() throws IOException {
    order("drop");
    answer();
  }

  @Override
  public void close() throws IOException {
    orders.close();
    try {
      if (!process.waitFor(5, TimeUnit.SECONDS)) {
        process.destroyForcibly();
      }
    } catch (InterruptedException e) {
      process.destroyForcibly();
      Thread.currentThread().interrupt();
    }
  }

  private void order(String line) throws IOException {
    orders.write(line + "\n");
    orders.flush();
  }

  private String answer() throws IOException {
    String line = answers.readLine();
    if (line == null) {
      throw new IOException("the benchmark's loop ended, status " + process.exitValue());
    }
    return line;
  }
}
