package org.memstacks.collect.bench;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import org.memstacks.collect.bench.LoopTarget.Shape;

/** How long the target still pays after its collector was killed outright. */
final class KillBenchmark {
  private static final int SLICE_MILLIS = 20;
  private static final long PATIENCE_NANOS = 10_000_000_000L;
  private static final double FULL_SPEED = 2;

  private KillBenchmark() {}

  /**
   * Milliseconds from SIGKILL to the first slice of the loop at full speed, that is at less than
   * twice the untraced time of a pair (a probed one is a hundred times slower).
   *
   * @param memstacks the command
   */
  static double recoveryMillis(LoopTarget target, Path memstacks) throws IOException {
    double untraced = slice(target);
    Process collector =
        new ProcessBuilder(memstacks.toString(), "-p", Integer.toString(target.pid()), "-f", "60")
            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
            .start();
    try (BufferedReader messages = collector.errorReader(StandardCharsets.UTF_8)) {
      String message = messages.readLine();
      if (message == null || !message.contains("attached")) {
        throw new IOException("memstacks did not attach: " + message);
      }
      if (slice(target) < FULL_SPEED * untraced) {
        throw new IllegalStateException("the loop is not slowed down: it is not traced");
      }
      collector.destroyForcibly();
      long killed = System.nanoTime();
      while (slice(target) >= FULL_SPEED * untraced) {
        if (System.nanoTime() - killed > PATIENCE_NANOS) {
          throw new IllegalStateException("the loop is still slow 10 s after its collector died");
        }
      }
      return (System.nanoTime() - killed) / 1e6;
    } finally {
      collector.destroyForcibly();
    }
  }

  private static double slice(LoopTarget target) throws IOException {
    double nanos = target.run(Shape.REPEAT, 1, SLICE_MILLIS).nanosPerPair();
    target.drop();
    return nanos;
  }
}
