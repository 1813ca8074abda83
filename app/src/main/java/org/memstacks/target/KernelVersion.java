package org.memstacks.target;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A Linux release: {@code 6.12.14} of {@code 6.12.14-amd64}. Release candidates count as the
 * release they lead to.
 */
public record KernelVersion(int major, int minor, int patch) implements Comparable<KernelVersion> {
  private static final Pattern RELEASE =
      Pattern.compile("(\\d{1,4})\\.(\\d{1,4})(?:\\.(\\d{1,4}))?.*");

  /**
   * The running kernel's.
   *
   * @throws IOException when /proc is not mounted or says something else
   */
  public static KernelVersion running() throws IOException {
    return parse(release());
  }

  /** What {@code uname -r} says. */
  public static String release() throws IOException {
    return Files.readString(Path.of("/proc/sys/kernel/osrelease")).strip();
  }

  static KernelVersion parse(String release) throws IOException {
    Matcher parts = RELEASE.matcher(release);
    if (!parts.matches()) {
      throw new IOException("not a kernel release: '" + release + "'");
    }
    return new KernelVersion(
        Integer.parseInt(parts.group(1)),
        Integer.parseInt(parts.group(2)),
        parts.group(3) == null ? 0 : Integer.parseInt(parts.group(3)));
  }

  /** Whether it is this release or a newer one. */
  public boolean isAtLeast(int thatMajor, int thatMinor, int thatPatch) {
    return compareTo(new KernelVersion(thatMajor, thatMinor, thatPatch)) >= 0;
  }

  @Override
  public int compareTo(KernelVersion other) {
    return Comparator.comparingInt(KernelVersion::major)
        .thenComparingInt(KernelVersion::minor)
        .thenComparingInt(KernelVersion::patch)
        .compare(this, other);
  }

  @Override
  public String toString() {
    return major + "." + minor + "." + patch;
  }
}
