package org.memstacks.flamegraph.palette;

/**
 * Numbers in [0, 1) from a name's characters, as flamegraph.pl computes them. A character is a code
 * point where the name is valid UTF-8 and a byte elsewhere.
 */
final class NameHash {
  private static final long MULTIPLIER = 0x5DEECE66DL;
  private static final long INCREMENT = 0xBL;
  private static final long MASK_48 = (1L << 48) - 1;
  private static final double TWO_48 = 0x1p48;

  private NameHash() {}

  /** One step of drand48 seeded by the sum of the name's characters. */
  static double seeded(int[] name) {
    long sum = 0;
    for (int character : name) {
      sum += character;
    }
    long seed = ((sum & 0xFFFFFFFFL) << 16) + 0x330E;
    return ((seed * MULTIPLIER + INCREMENT) & MASK_48) / TWO_48;
  }

  /** The weighted vector of the first three characters behind a module name. */
  static double vector(int[] name) {
    int from = afterModule(name);
    double vector = 0;
    double weight = 1;
    double max = 1;
    int mod = 10;
    for (int i = from; i < name.length && mod <= 12; i++, mod++) {
      vector += (double) (name[i] % mod) / (mod - 1) * weight;
      max += weight;
      weight *= 0.70;
    }
    return 1 - vector / max;
  }

  /** As {@link #vector} of the name read backwards. */
  static double reverseVector(int[] name) {
    int[] reversed = new int[name.length];
    for (int i = 0; i < name.length; i++) {
      reversed[i] = name[name.length - 1 - i];
    }
    return vector(reversed);
  }

  private static int afterModule(int[] name) {
    for (int i = 1; i < name.length; i++) {
      if (name[i] == '`') {
        return i + 1;
      }
    }
    return 0;
  }
}
