package org.memstacks.symbol;

/** Decodes the identifiers Rust writes in Punycode (RFC 3492, with "_" as the delimiter). */
final class Punycode {
  private static final int BASE = 36;
  private static final int T_MIN = 1;
  private static final int T_MAX = 26;
  private static final int SKEW = 38;
  private static final int DAMP = 700;
  private static final int MAX_LENGTH = 1 << 10;

  private Punycode() {}

  /** Null when it is not Punycode. */
  static String decode(String text) {
    int delimiter = text.lastIndexOf('_');
    int[] points = new int[MAX_LENGTH];
    int length = Math.max(delimiter, 0);
    if (text.length() > MAX_LENGTH) {
      return null;
    }
    for (int i = 0; i < length; i++) {
      points[i] = text.charAt(i);
    }
    long point = 128;
    long index = 0;
    int bias = 72;
    for (int at = delimiter + 1; at < text.length(); index++) {
      long before = index;
      long weight = 1;
      for (int k = BASE; ; k += BASE) {
        int digit = at < text.length() ? digit(text.charAt(at++)) : -1;
        if (digit < 0 || weight > Integer.MAX_VALUE) {
          return null;
        }
        index += digit * weight;
        int t = Math.clamp(k - bias, T_MIN, T_MAX);
        if (digit < t) {
          break;
        }
        weight *= BASE - t;
      }
      length++;
      bias = adapt(index - before, length, before == 0);
      point += index / length;
      index %= length;
      if (point > Character.MAX_CODE_POINT || length > MAX_LENGTH) {
        return null;
      }
      System.arraycopy(points, (int) index, points, (int) index + 1, length - 1 - (int) index);
      points[(int) index] = (int) point;
    }
    return new String(points, 0, length);
  }

  private static int digit(char c) {
    if (c >= 'a' && c <= 'z') {
      return c - 'a';
    }
    return c >= '0' && c <= '9' ? c - '0' + 26 : -1;
  }

  private static int adapt(long delta, int points, boolean first) {
    long d = first ? delta / DAMP : delta / 2;
    d += d / points;
    int k = 0;
    while (d > (BASE - T_MIN) * T_MAX / 2) {
      d /= BASE - T_MIN;
      k += BASE;
    }
    return (int) (k + (BASE - T_MIN + 1) * d / (d + SKEW));
  }
}
