package org.memstacks.flamegraph.layout;

import java.math.BigDecimal;

/**
 * The width below which a frame is not drawn.
 *
 * @param value at least 0
 * @param percent whether the value is a percentage of the total rather than pixels
 */
public record MinWidth(double value, boolean percent) {
  /** flamegraph.pl's default, a tenth of a pixel. */
  public static final MinWidth DEFAULT = new MinWidth(0.1, false);

  /** The width as the option takes it. */
  public String text() {
    return BigDecimal.valueOf(value).toPlainString() + (percent ? "%" : "");
  }
}
