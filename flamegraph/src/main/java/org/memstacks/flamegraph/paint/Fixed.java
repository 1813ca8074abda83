package org.memstacks.flamegraph.paint;

import java.math.BigDecimal;
import java.math.RoundingMode;

/** Numbers with a fixed number of decimals, rounded as C's printf rounds them. */
final class Fixed {
  private static final long[] POWER = {1, 10, 100, 1000};
  private static final double SAFE = 1e12;

  private Fixed() {}

  /** The number rounded to 0 to 3 decimals, which are all written. */
  static String toString(double x, int decimals) {
    double scaled = Math.abs(x) * POWER[decimals];
    double floor = Math.floor(scaled);
    double rest = scaled - floor;
    if (scaled > SAFE || Math.abs(rest - 0.5) < 1e-4) {
      return new BigDecimal(x).setScale(decimals, RoundingMode.HALF_EVEN).toPlainString();
    }
    long units = (long) floor + (rest > 0.5 ? 1 : 0);
    String sign = x < 0 ? "-" : "";
    if (decimals == 0) {
      return sign + units;
    }
    String fraction = Long.toString(POWER[decimals] + units % POWER[decimals]).substring(1);
    return sign + units / POWER[decimals] + '.' + fraction;
  }

  /** As {@link #toString(double, int)} without trailing zeros. */
  static String shortest(double x, int decimals) {
    String text = toString(x, decimals);
    if (decimals == 0) {
      return text;
    }
    int end = text.length();
    while (text.charAt(end - 1) == '0') {
      end--;
    }
    if (text.charAt(end - 1) == '.') {
      end--;
    }
    return text.substring(0, end);
  }
}
