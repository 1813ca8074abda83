package org.memstacks.flamegraph.palette;

/** Red for growth, blue for shrinkage, paler towards zero, white at zero. */
public final class DeltaColor {
  private static final int WHITE = 0xFFFFFF;

  private DeltaColor() {}

  /**
   * The colour 0xRRGGBB of a relative difference, light enough for black text.
   *
   * @param share the difference over the larger of both values, in [-1, 1]
   * @param negate whether to swap the hues
   */
  public static int ofShare(double share, boolean negate) {
    int c = (int) Math.round(255 - 160 * Math.abs(share));
    boolean red = share > 0 != negate;
    return share == 0 ? WHITE : red ? 0xFF0000 | c << 8 | c : c << 16 | c << 8 | 0xFF;
  }

  /**
   * The colour 0xRRGGBB of a difference, as flamegraph.pl gives it.
   *
   * @param delta the difference, in [-max, max]
   * @param max the difference that gets the full colour
   * @param negate whether to swap the hues
   */
  public static int of(double delta, double max, boolean negate) {
    if (delta == 0) {
      return WHITE;
    }
    int c = (int) (210 * (max - Math.abs(delta)) / max);
    boolean red = delta > 0 != negate;
    return red ? 0xFF0000 | c << 8 | c : c << 16 | c << 8 | 0xFF;
  }
}
