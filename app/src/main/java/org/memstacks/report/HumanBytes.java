package org.memstacks.report;

import java.util.Locale;

/** Byte counts as people read them, in powers of 1024. */
public final class HumanBytes {
  private static final String[] UNITS = {"B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};

  /** From here on one decimal would show 1024.0. */
  private static final double ROUNDED_UP = 1023.95;

  private HumanBytes() {}

  /** {@code "512 B"}, {@code "1.5 KiB"}. */
  public static String of(long bytes) {
    double value = bytes;
    int unit = 0;
    while (Math.abs(value) >= (unit == 0 ? 1024 : ROUNDED_UP) && unit < UNITS.length - 1) {
      value /= 1024;
      unit++;
    }
    return unit == 0 ? bytes + " B" : String.format(Locale.ROOT, "%.1f %s", value, UNITS[unit]);
  }
}
