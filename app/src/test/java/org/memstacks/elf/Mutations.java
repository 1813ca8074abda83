package org.memstacks.elf;

import java.util.Arrays;
import java.util.SplittableRandom;

/**
 * Seeded damage to well-formed inputs: bytes and numbers replaced, ranges copied over others, ends
 * cut off. {@code -Dfuzz.iterations=1000000} asks for a longer run than the build's.
 */
public final class Mutations {
  private static final long[] EXTREMES = {
    0,
    1,
    -1,
    2,
    7,
    8,
    0x7f,
    0x80,
    0xff,
    0x7fff,
    0xffff,
    0x7fffffffL,
    0xffffffffL,
    1L << 31,
    1L << 32,
    1L << 40,
    1L << 47,
    Long.MAX_VALUE,
    Long.MIN_VALUE,
    -4096
  };

  private final SplittableRandom random;

  public Mutations(long seed) {
    random = new SplittableRandom(seed);
  }

  /** How many inputs a fuzz test tries. */
  public static int iterations(int usual) {
    return Integer.getInteger("fuzz.iterations", usual);
  }

  /** A damaged copy. */
  public byte[] of(byte[] original) {
    byte[] bytes = original.clone();
    int changes = 1 + random.nextInt(6);
    for (int i = 0; i < changes && bytes.length > 0; i++) {
      bytes = change(bytes);
    }
    return bytes;
  }

  private byte[] change(byte[] bytes) {
    // Headers and tables lie at the ends; damage there reaches further.
    int at =
        switch (random.nextInt(4)) {
          case 0 -> random.nextInt(Math.min(bytes.length, 256));
          case 1 -> bytes.length - 1 - random.nextInt(Math.min(bytes.length, 1024));
          default -> random.nextInt(bytes.length);
        };
    switch (random.nextInt(8)) {
      case 0 -> {
        return Arrays.copyOf(bytes, at);
      }
      case 1 -> {
        int length = random.nextInt(1 + Math.min(64, bytes.length - at));
        System.arraycopy(bytes, random.nextInt(bytes.length - length + 1), bytes, at, length);
      }
      case 2, 3 -> {
        int width = 1 << random.nextInt(4);
        long value = EXTREMES[random.nextInt(EXTREMES.length)] + random.nextInt(-2, 3);
        int aligned = at & -width;
        for (int i = 0; i < width && aligned + i < bytes.length; i++) {
          bytes[aligned + i] = (byte) (value >>> 8 * i);
        }
      }
      case 4 -> bytes[at] ^= (byte) (1 << random.nextInt(8));
      default -> bytes[at] = (byte) random.nextInt(256);
    }
    return bytes;
  }
}
