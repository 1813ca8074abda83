package org.memstacks.flamegraph.store;

import java.util.Arrays;
import java.util.zip.Deflater;

/**
 * A column of bytes, deflated (RFC 1951, no header) while it grows. {@link #finish} must be called
 * in any case: it frees native memory.
 */
final class Column {
  private static final int CHUNK = 1 << 14;

  private final Deflater deflater;
  private final byte[] pending = new byte[CHUNK];
  private int filled;
  private byte[] packed = new byte[1 << 10];
  private int length;

  Column(int level) {
    deflater = new Deflater(level, true);
  }

  /** Adds a number taken as unsigned: seven bits a byte, lowest first, the top bit for "more". */
  void number(long value) {
    long rest = value;
    while ((rest & ~0x7FL) != 0) {
      octet((int) rest | 0x80);
      rest >>>= 7;
    }
    octet((int) rest);
  }

  void octet(int b) {
    if (filled == CHUNK) {
      deflate();
    }
    pending[filled++] = (byte) b;
  }

  void octets(byte[] bytes) {
    for (byte b : bytes) {
      octet(b);
    }
  }

  private void deflate() {
    deflater.setInput(pending, 0, filled);
    while (!deflater.needsInput()) {
      drain();
    }
    filled = 0;
  }

  private void drain() {
    if (packed.length - length < CHUNK / 4) {
      packed = Arrays.copyOf(packed, 2 * packed.length);
    }
    length += deflater.deflate(packed, length, packed.length - length);
  }

  /** Ends the column and returns it deflated. */
  byte[] finish() {
    deflate();
    deflater.finish();
    while (!deflater.finished()) {
      drain();
    }
    deflater.end();
    return Arrays.copyOf(packed, length);
  }
}
