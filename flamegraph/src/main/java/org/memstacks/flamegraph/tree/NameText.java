package org.memstacks.flamegraph.tree;

import java.util.Arrays;

/** Frame names, which are bytes, as characters. */
public final class NameText {
  private NameText() {}

  /**
   * The code points of a name; a byte that is not part of well-formed UTF-8 (RFC 3629) stands as
   * its bitwise complement, -1 - byte, and is thus negative.
   */
  public static int[] characters(byte[] name) {
    int[] out = new int[name.length];
    int n = 0;
    for (int i = 0; i < name.length; ) {
      int length = sequenceLength(name, i);
      if (length == 0) {
        out[n++] = ~(name[i++] & 0xFF);
      } else {
        out[n++] = decode(name, i, length);
        i += length;
      }
    }
    return n == out.length ? out : Arrays.copyOf(out, n);
  }

  private static int decode(byte[] s, int at, int length) {
    int first = s[at] & 0xFF;
    if (length == 1) {
      return first;
    }
    int codePoint = first & (0x7F >> length);
    for (int i = 1; i < length; i++) {
      codePoint = codePoint << 6 | (s[at + i] & 0x3F);
    }
    return codePoint;
  }

  /** Length of the well-formed sequence starting here, 0 if there is none. */
  private static int sequenceLength(byte[] s, int at) {
    int first = s[at] & 0xFF;
    if (first < 0x80) {
      return 1;
    }
    if (first < 0xC2 || first > 0xF4) {
      return 0;
    }
    int length = first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
    if (at + length > s.length) {
      return 0;
    }
    int second = s[at + 1] & 0xFF;
    int low = first == 0xE0 ? 0xA0 : first == 0xF0 ? 0x90 : 0x80;
    int high = first == 0xED ? 0x9F : first == 0xF4 ? 0x8F : 0xBF;
    if (second < low || second > high) {
      return 0;
    }
    for (int i = 2; i < length; i++) {
      if ((s[at + i] & 0xC0) != 0x80) {
        return 0;
      }
    }
    return length;
  }
}
