package org.memstacks.target;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * The file in which a process with a JIT compiler names its code: /tmp/perf-PID.map of the
 * process's own file system tree, PID as its own PID namespace numbers it
 * (tools/perf/Documentation/jit-interface.txt).
 */
public final class PerfMapFile {
  /* Ten million compiled methods. */
  private static final long MAX_BYTES = 1L << 30;

  private PerfMapFile() {}

  /**
   * Opens it, if the process's owner wrote one.
   *
   * @throws IOException when there is one that is not to be trusted, or it cannot be read
   */
  public static Optional<FileChannel> open(TargetProcess target) throws IOException {
    Path process = Path.of("/proc", Integer.toString(target.pid()));
    String path = "/tmp/perf-" + innermostPid(process, target.pid()) + ".map";
    if (!Files.exists(Path.of(process + "/root" + path), LinkOption.NOFOLLOW_LINKS)) {
      return Optional.empty();
    }
    int owner = (Integer) Files.getAttribute(process, "unix:uid");
    return Optional.of(
        new TargetFiles(target.pid()).openChannel(path, MAX_BYTES, OptionalInt.of(owner)));
  }

  private static String innermostPid(Path process, int pid) throws IOException {
    for (String line : Files.readAllLines(process.resolve("status"), StandardCharsets.ISO_8859_1)) {
      if (line.startsWith("NSpid:")) {
        String[] pids = line.substring(6).strip().split("\\s+");
        return pids[pids.length - 1];
      }
    }
    return Integer.toString(pid);
  }
}
