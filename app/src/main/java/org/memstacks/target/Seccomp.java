package org.memstacks.target;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;

/** Whether a process may not make every system call. */
public final class Seccomp {
  private Seccomp() {}

  /**
   * Whether any thread of the process is under a seccomp filter, as in most containers (proc(5),
   * Seccomp in status: 1 strict, 2 filter). Threads may have filters of their own.
   *
   * @throws IOException when the process has ended or may not be looked at
   */
  public static boolean restricts(int pid) throws IOException {
    try (DirectoryStream<Path> threads =
        Files.newDirectoryStream(Path.of("/proc", Integer.toString(pid), "task"))) {
      for (Path thread : threads) {
        if (isRestricted(thread.resolve("status"))) {
          return true;
        }
      }
    }
    return false;
  }

  private static boolean isRestricted(Path status) throws IOException {
    try {
      return new String(Files.readAllBytes(status), StandardCharsets.ISO_8859_1)
          .lines()
          .anyMatch(line -> line.startsWith("Seccomp:") && !line.strip().endsWith("0"));
    } catch (IOException e) {
      if (Files.exists(status)) {
        throw e;
      }
      // That thread ended meanwhile.
      return false;
    }
  }
}
