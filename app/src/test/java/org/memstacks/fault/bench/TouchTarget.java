package org.memstacks.fault.bench;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.OutputStreamWriter;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;

/** The process that is traced: app/src/bench/c/touch.c, which touches fresh pages on demand. */
final class TouchTarget implements AutoCloseable {
  /**
   * What a run took.
   *
   * @param cpuNanos of the process, in user code and in the kernel
   */
  record Run(long pages, long cpuNanos, long wallNanos) {
    double nanosPerPage() {
      return (double) cpuNanos / pages;
    }

    /** Of one CPU. */
    double share() {
      return (double) cpuNanos / wallNanos;
    }
  }

  private final Process process;
  private final BufferedReader answers;
  private final Writer orders;
  private final int pid;

  TouchTarget(Path executable) throws IOException {
    process =
        new ProcessBuilder(executable.toString())
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    answers = process.inputReader(StandardCharsets.US_ASCII);
    orders = new OutputStreamWriter(process.getOutputStream(), StandardCharsets.US_ASCII);
    pid = Integer.parseInt(answers.readLine());
  }

  int pid() {
    return pid;
  }

  /** Touches pages one after the other; they stay until {@link #drop}. */
  Run touch(long pages) throws IOException {
    return order("touch " + pages);
  }

  /** The same in random order. */
  Run random(long pages) throws IOException {
    return order("random " + pages);
  }

  /** The same in random order, from 500 stacks in random order. */
  Run stacks(long pages) throws IOException {
    return order("stacks " + pages);
  }

  /** The same, spread over some seconds. */
  Run grow(long pages, int seconds) throws IOException {
    return order("grow " + pages + " " + seconds);
  }

  void drop() throws IOException {
    order("drop");
  }

  private Run order(String line) throws IOException {
    orders.write(line + "\n");
    orders.flush();
    String answer = answers.readLine();
    if (answer == null) {
      throw new IOException("the program ended over: " + line);
    }
    String[] numbers = answer.split(" ");
    return new Run(
        Long.parseLong(numbers[0]), Long.parseLong(numbers[1]), Long.parseLong(numbers[2]));
  }

  @Override
  public void close() throws IOException {
    orders.close();
    try {
      if (!process.waitFor(10, TimeUnit.SECONDS)) {
        process.destroyForcibly();
      }
    } catch (InterruptedException e) {
      process.destroyForcibly();
      Thread.currentThread().interrupt();
    }
  }
}
