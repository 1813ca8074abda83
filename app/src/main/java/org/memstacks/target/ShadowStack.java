package org.memstacks.target;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/** Whether a process keeps return addresses on a shadow stack as well (x86-64, since Linux 6.6). */
public final class ShadowStack {
  private ShadowStack() {}

  /** By x86_Thread_features in /proc/PID/status, which kernels without the feature do not have. */
  public static boolean isUsedBy(int pid) {
    try {
      return new String(
              Files.readAllBytes(Path.of("/proc", Integer.toString(pid), "status")),
              StandardCharsets.ISO_8859_1)
          .lines()
          .anyMatch(line -> line.startsWith("x86_Thread_features:") && line.contains("shstk"));
    } catch (IOException e) {
      // It has ended, as others will notice.
      return false;
    }
  }
}
