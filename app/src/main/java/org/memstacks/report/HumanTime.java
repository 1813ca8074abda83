package org.memstacks.report;

import java.util.Locale;

/** Durations as people read them. */
public final class HumanTime {
  private static final double NANOS = 1e9;
  private static final int MINUTE = 60;
  private static final int HOUR = 3600;

  private HumanTime() {}

  /** {@code "9.8 s"}, {@code "12 min"}, {@code "3.5 h"}. */
  public static String of(long nanos) {
    double seconds = nanos / NANOS;
    if (seconds < 2 * MINUTE) {
      return String.format(Locale.ROOT, "%.1f s", seconds);
    }
    return seconds < 2 * HOUR
        ? String.format(Locale.ROOT, "%.0f min", seconds / MINUTE)
        : String.format(Locale.ROOT, "%.1f h", seconds / HOUR);
  }
}
