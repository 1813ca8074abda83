package org.memstacks.flamegraph.paint;

/** Bytes and pages in the unit that people read: KiB, MiB, GiB, TiB, PiB, EiB. */
final class Units {
  private static final String[] NAMES = {"B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
  private static final double STEP = 1024;
  private static final int PAGE_BYTES = 4096;

  private Units() {}

  /** Bytes in one of what is counted, 0 if that is neither bytes nor pages. */
  static int bytesEach(String countName) {
    return switch (countName) {
      case "bytes", "byte", "B" -> 1;
      case "pages", "page" -> PAGE_BYTES;
      default -> 0;
    };
  }

  /** A number of bytes with three significant digits and its unit, such as 1.50 KiB. */
  static String human(double bytes) {
    double value = Math.abs(bytes);
    int unit = 0;
    while (unit < NAMES.length - 1 && value >= STEP) {
      value /= STEP;
      unit++;
    }
    int decimals = unit == 0 || value >= 100 ? 0 : value >= 10 ? 1 : 2;
    return (bytes < 0 ? "-" : "") + Fixed.toString(value, decimals) + " " + NAMES[unit];
  }
}
