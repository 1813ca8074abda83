package org.memstacks.live;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** A cgroup with a memory limit, of whichever version the machine has; gone when closed. */
final class Cgroup implements AutoCloseable {
  private static final Path ROOT = Path.of("/sys/fs/cgroup");

  private final Path directory;
  private final boolean first;
  private final long limit;
  private Process ballast;

  private Cgroup(Path directory, boolean first, long limit) {
    this.directory = directory;
    this.first = first;
    this.limit = limit;
  }

  static Cgroup withLimit(long bytes) throws IOException {
    boolean first = Files.isDirectory(ROOT.resolve("memory"));
    Path directory =
        Files.createDirectory(
            (first ? ROOT.resolve("memory") : ROOT)
                .resolve("memstacks-test-" + ProcessHandle.current().pid()));
    Cgroup group = new Cgroup(directory, first, bytes);
    Files.writeString(group.limitFile(), "" + bytes);
    return group;
  }

  Path limitFile() {
    return directory.resolve(first ? "memory.limit_in_bytes" : "memory.max");
  }

  /** The command that runs another one in here. */
  List<String> command(List<String> command) {
    List<String> all =
        new ArrayList<>(
            List.of("sh", "-c", "echo $$ > '" + directory + "/cgroup.procs' && exec \"$@\"", "sh"));
    all.addAll(command);
    return all;
  }

  /** Fills it with a file in memory, that no more than so much is left. */
  void leaveFree(long bytes, Path mountPoint) throws IOException {
    long used =
        Long.parseLong(
            Files.readString(directory.resolve(first ? "memory.usage_in_bytes" : "memory.current"))
                .strip());
    Files.createDirectory(mountPoint);
    // Its mount namespace keeps the file system until its sleep ends.
    ballast =
        new ProcessBuilder(
                command(
                    List.of(
                        "unshare",
                        "--mount",
                        "sh",
                        "-c",
                        "mount -t tmpfs none '"
                            + mountPoint
                            + "' && head -c "
                            + Math.max(0, limit - used - bytes)
                            + " /dev/zero > '"
                            + mountPoint
                            + "/zeros' && echo filled && exec sleep 600")))
            .start();
    assertThat(ballast.inputReader().readLine()).isEqualTo("filled");
  }

  @Override
  public void close() throws IOException {
    if (ballast != null) {
      ballast.destroyForcibly().onExit().join();
    }
    for (int i = 0; i < 100 && Files.exists(directory); i++) {
      try {
        Files.delete(directory);
      } catch (IOException busy) {
        // Until the kernel has let go of its last process.
        pause();
      }
    }
  }

  private static void pause() throws IOException {
    try {
      Thread.sleep(50);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException(e);
    }
  }
}
