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
  private final double base;

  /**
   * A format.
   *
   * @param scale decimals of the fixed-point values
   * @param factor multiplies what is shown; null for 1
   * @param total the value that is 100%
   */
  Counts(int scale, BigDecimal factor, long total) {
    this.scale = scale;
    this.factor = factor;
    this.base = isPlain() ? total : scaled(total).doubleValue();
  }

  /** Whether values are printed as they are. */
  boolean isPlain() {
    return scale == 0 && factor == null;
  }

  private BigDecimal scaled(long value) {
    BigDecimal exact = BigDecimal.valueOf(value, scale);
    return factor == null ? exact : exact.multiply(factor);
  }

  /** A value as a whole number without separators. */
  String printed(long value) {
    return isPlain()
        ? Long.toString(value)
        : scaled(value).setScale(0, RoundingMode.HALF_EVEN).toPlainString();
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

  /** Percent of the total of a count as printed. */
  double percentOfPrinted(double printed) {
    return 100 * printed / base;
  }

  /** Percent of the total of a difference, which the factor does not touch, with its sign. */
  String percentOfDelta(long delta) {
    double plain = scale == 0 ? delta : BigDecimal.valueOf(delta, scale).doubleValue();
    String text = Fixed.toString(100 * plain / base, 2);
    return delta > 0 ? "+" + text : text;
  }
}
