package org.memstacks.flamegraph.read;

import org.memstacks.flamegraph.tree.StackTree;
import org.memstacks.flamegraph.tree.TreeLimitException;

/** A count at the end of a line: digits, perhaps a point and more digits. Reused between lines. */
final class Decimal {
  private static final String TOO_FINE =
      "a count is larger than 2^63 - 1 in units of the smallest decimal";

  private static final long TENTH = Long.MAX_VALUE / 10;

  private long units;
  private int decimals;

  /**
   * Parses the count which ends {@code text[from, to)}.
   *
   * @return where the blank before it lies, or -1 if the text does not end in a blank and a count
   */
  int parseLast(byte[] text, int from, int to) {
    int start = to;
    int point = to;
    while (start > from && (isDigit(text[start - 1]) || text[start - 1] == '.')) {
      start--;
      if (text[start] == '.') {
        if (point < to) {
          return -1;
        }
        point = start;
      }
    }
    if (start == from || start == to || start == point || !isBlank(text[start - 1])) {
      return -1;
    }
    read(text, start, point, to);
    return start - 1;
  }

  private void read(byte[] text, int start, int point, int to) {
    units = 0;
    decimals = 0;
    for (int i = start; i < point; i++) {
      shiftIn(text[i] - '0');
    }
    int last = to;
    while (last > point + 1 && text[last - 1] == '0') {
      last--;
    }
    int kept = Math.min(last, point + 1 + StackTree.MAX_SCALE);
    for (int i = point + 1; i < kept; i++) {
      decimals++;
      shiftIn(text[i] - '0');
    }
    if (kept > point && kept < last && roundsUp(text, kept, last)) {
      units++;
    }
  }

  private boolean roundsUp(byte[] text, int from, int to) {
    int digit = text[from] - '0';
    boolean exactHalf = digit == 5 && to == from + 1;
    return exactHalf ? (units & 1) == 1 : digit >= 5;
  }

  private void shiftIn(int digit) {
    if (units > TENTH || (units == TENTH && digit > 7)) {
      throw new TreeLimitException(decimals == 0 ? "a count is larger than 2^63 - 1" : TOO_FINE);
    }
    units = 10 * units + digit;
  }

  /** Decimals that are needed to hold this count, 0 to {@link StackTree#MAX_SCALE}. */
  int decimals() {
    return decimals;
  }

  /** The count in units of 10^-scale, where scale is at least {@link #decimals()}. */
  long atScale(int scale) {
    long scaled = units;
    for (int i = decimals; i < scale; i++) {
      if (scaled > TENTH) {
        throw new TreeLimitException(TOO_FINE);
      }
      scaled *= 10;
    }
    return scaled;
  }

  private static boolean isDigit(byte b) {
    return b >= '0' && b <= '9';
  }

  private static boolean isBlank(byte b) {
    return b == ' ' || (b >= '\t' && b <= '\r');
  }
}
