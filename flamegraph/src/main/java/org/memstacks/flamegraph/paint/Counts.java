package org.memstacks.flamegraph.paint;

import java.math.BigDecimal;
import java.math.RoundingMode;

/**
 * Counts as flamegraph.pl prints them: times the factor, rounded half to even, and the share of the
 * total of what was printed.
 */
final class Counts {
  private final int scale;
  private final BigDecimal factor;
  private final boolean plain;
  private final double base;

  /**
   * A format.
   *
   * @param scale decimals of the fixed-point values
   * @param factor multiplies what is shown
   * @param total the value that is 100%
   */
  Counts(int scale, BigDecimal factor, long total) {
    this.scale = scale;
    this.factor = factor;
    this.plain = scale == 0 && factor.compareTo(BigDecimal.ONE) == 0;
    this.base = factor.multiply(BigDecimal.valueOf(total, scale)).doubleValue();
  }

  /** A value as a whole number without separators. */
  String printed(long value) {
    if (plain) {
      return Long.toString(value);
    }
    return BigDecimal.valueOf(value, scale)
        .multiply(factor)
        .setScale(0, RoundingMode.HALF_EVEN)
        .toPlainString();
  }

  /** A whole number with commas between thousands. */
  static String grouped(String digits) {
    int sign = digits.startsWith("-") ? 1 : 0;
    if (digits.length() - sign <= 3) {
      return digits;
    }
    StringBuilder out = new StringBuilder(digits.length() + digits.length() / 3);
    for (int i = 0; i < digits.length(); i++) {
      if (i > sign && (digits.length() - i) % 3 == 0) {
        out.append(',');
      }
      out.append(digits.charAt(i));
    }
    return out.toString();
  }

  /** Percent of the total of a count as printed, with two decimals. */
  String percentOfPrinted(String printed) {
    return Fixed.toString(100 * Double.parseDouble(printed) / base, 2);
  }

  /** Percent of the total of a difference, which the factor does not touch. */
  String percentOfDelta(long delta) {
    double plainDelta = BigDecimal.valueOf(delta, scale).doubleValue();
    String text = Fixed.toString(100 * plainDelta / base, 2);
    return delta > 0 ? "+" + text : text;
  }
}
