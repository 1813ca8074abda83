package org.memstacks.target;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;

/** A process that has ended and waits for a parent that never asks after it. */
public final class Zombie implements AutoCloseable {
  private static final Duration PATIENCE = Duration.ofSeconds(30);

  private final Process parent;
  private final int pid;

  private Zombie(Process parent, int pid) {
    this.parent = parent;
    this.pid = pid;
  }

  /**
   * Returns it once it is one.
   *
   * @throws IOException if that takes more than half a minute
   */
  public static Zombie start() throws IOException {
    Process parent =
        new ProcessBuilder("sh", "-c", "sleep 60 & echo $!; exec sleep 60")
            .redirectErrorStream(true)
            .start();
    Zombie zombie = new Zombie(parent, Integer.parseInt(parent.inputReader().readLine()));
    // A shell would take its child's end; the program that takes the shell's place does not.
    await(parent.pid(), "Name:\tsleep\n");
    ProcessHandle.of(zombie.pid).orElseThrow().destroyForcibly();
    await(zombie.pid, "\nState:\tZ");
    return zombie;
  }

  private static void await(long pid, String expected) throws IOException {
    long begin = System.nanoTime();
    while (!Files.readString(Path.of("/proc", "" + pid, "status")).contains(expected)) {
      if (System.nanoTime() - begin > PATIENCE.toNanos()) {
        throw new IOException(
            "process %d has no %s in its status".formatted(pid, expected.strip()));
      }
      try {
        Thread.sleep(5);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new IOException(e);
      }
    }
  }

  public int pid() {
    return pid;
  }

  @Override
  public void close() {
    parent.destroyForcibly().onExit().join();
  }
}
