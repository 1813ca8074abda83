package org.memstacks.live;

import static org.junit.jupiter.api.Assumptions.abort;

import java.io.IOException;
import java.util.List;
import java.util.Map;
import org.memstacks.target.KernelVersion;

/**
 * Ways of attaching that the running kernel may lack. A test that needs such a one is skipped
 * there, visibly; with CI=true it runs all the same, and fails.
 */
final class AttachWays {
  /** Since Linux 6.x, by the name of {@code --attach}. */
  private static final Map<String, Integer> SINCE = Map.of("session", 13, "multi", 6);

  private AttachWays() {}

  /** Those that the kernel has, best first. */
  static List<String> all() throws IOException {
    KernelVersion kernel = KernelVersion.running();
    return List.of("session", "multi", "perf").stream()
        .filter(way -> isCi() || isKnown(way, kernel))
        .toList();
  }

  /** {@link #all} with {@code -Dattach=each}, {@link #best} without. */
  static List<String> tested() throws IOException {
    return "each".equals(System.getProperty("attach")) ? all() : best();
  }

  /** The first of {@link #all}: what a run of the tests of minutes tries on each allocator. */
  static List<String> best() throws IOException {
    return all().subList(0, 1);
  }

  /** The rest of {@link #all}, which tests tagged slow try. */
  static List<String> others() throws IOException {
    return all().subList(1, all().size());
  }

  /**
   * Skips the test when the kernel does not know this way.
   *
   * @param way as {@code --attach} takes it
   */
  static void assumeKnown(String way) throws IOException {
    KernelVersion kernel = KernelVersion.running();
    if (!isCi() && !isKnown(way, kernel)) {
      abort("Linux " + kernel + " cannot attach by " + way + ": 6." + SINCE.get(way) + " can");
    }
  }

  /** Skips the test when a way that the kernel knows was refused for a fault of that kernel. */
  static void assumeNotFaulty(String errors) {
    if (!isCi() && errors.contains("uprobe multi links filter by thread")) {
      abort("this kernel's uprobe multi links filter by thread");
    }
  }

  private static boolean isKnown(String way, KernelVersion kernel) {
    return !SINCE.containsKey(way) || kernel.isAtLeast(6, SINCE.get(way), 0);
  }

  private static boolean isCi() {
    return "true".equals(System.getenv("CI"));
  }
}
