package org.memstacks.collect;

import java.io.IOException;
import org.memstacks.target.KernelVersion;
import org.memstacks.target.Seccomp;
import org.memstacks.target.TargetException;
import org.memstacks.target.TargetProcess;

/**
 * Kernels on which a return probe can kill its target. Since Linux 6.11 a probed return enters the
 * kernel on x86-64 by a system call of its own, uretprobe (335), which seccomp filters of
 * containers do not know and forbid. Linux 6.14 lets it pass any filter (kernel/seccomp.c), and so
 * do 6.13.3 and 6.12.14; 6.11 was not mended.
 */
public final class ReturnProbeHazard {
  private ReturnProbeHazard() {}

  /**
   * @throws TargetException when a return probe could kill this process
   */
  static void refuse(TargetProcess target) throws IOException {
    if (threatens(target)) {
      throw new TargetException(message(target, KernelVersion.running()));
    }
  }

  /** Whether a return probe could kill this process. */
  public static boolean threatens(TargetProcess target) throws IOException {
    boolean x86 = System.getProperty("os.arch").equals("amd64");
    return isDeadly(KernelVersion.running(), x86, () -> Seccomp.restricts(target.pid()));
  }

  /** Whether a process is under a seccomp filter. */
  @FunctionalInterface
  interface Filter {
    boolean restricts() throws IOException;
  }

  static boolean isDeadly(KernelVersion kernel, boolean x86, Filter filter) throws IOException {
    return x86 && killsUnderFilter(kernel) && filter.restricts();
  }

  static String message(TargetProcess target, KernelVersion kernel) {
    return "process %d (%s) is under a seccomp filter, and Linux %s lets that kill it at the first return probe"
            .formatted(target.pid(), target.comm(), kernel)
        + " (mended in 6.12.14, 6.13.3 and 6.14); -a, which counts all allocations, needs none";
  }

  private static boolean killsUnderFilter(KernelVersion kernel) {
    boolean mended =
        kernel.isAtLeast(6, 14, 0)
            || kernel.minor() == 13 && kernel.patch() >= 3
            || kernel.minor() == 12 && kernel.patch() >= 14;
    return kernel.isAtLeast(6, 11, 0) && !mended;
  }
}
