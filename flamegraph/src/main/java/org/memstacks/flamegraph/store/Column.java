package org.memstacks.flamegraph.store;

import java.util.Arrays;
import java.util.zip.Deflater;

/**
 * A column of bytes, deflated (RFC 1951, no header) while it grows. Where a search for repetitions
 * does not pay, as for the names of unrelated stacks, bytes are only coded by their frequency,
 * which takes a quarter of the time; a sample from each {@value #SAMPLED} chunks decides. {@link
 * #finish} must be called in any case: it frees native memory.
 */
final class Column {
  private static final int CHUNK = 1 << 15;
  private static final int SAMPLED = 32;
  private static final int MAX_NUMBER = 10;

  private final Deflater deflater;
  private final int level;
  private int chunks;

  /** A chunk, and room for a number that begins in it and ends in the next. */
  private final byte[] pending = new byte[CHUNK + MAX_NUMBER];

  private int filled;
  private byte[] packed = new byte[1 << 10];
  private int length;

  Column(int level) {
    this.level = level;
    deflater = new Deflater(level, true);
  }

  /** Adds a number taken as unsigned: seven bits a byte, lowest first, the top bit for "more". */
  void number(long value) {
    byte[] to = pending;
    int at = filled;
    long rest = value;
    while ((rest & ~0x7FL) != 0) {
      to[at++] = (byte) (rest | 0x80);
      rest >>>= 7;
    }
    to[at++] = (byte) rest;
    filled = at;
    if (at > CHUNK) {
      deflateChunk();
    }
  }

  void octet(int b) {
    pending[filled++] = (byte) b;
    if (filled > CHUNK) {
      deflateChunk();
    }
  }

  void octets(byte[] bytes) {
    for (byte b : bytes) {
      octet(b);
    }
  }

  private void deflateChunk() {
    int more = filled - CHUNK;
    filled = CHUNK;
    deflate();
    System.arraycopy(pending, CHUNK, pending, 0, more);
    filled = more;
  }

  private void deflate() {
    if (filled == CHUNK && chunks++ % SAMPLED == 0) {
      int coded = deflatedSize(Deflater.HUFFMAN_ONLY);
      deflater.setStrategy(
          coded <= deflatedSize(Deflater.DEFAULT_STRATEGY)
              ? Deflater.HUFFMAN_ONLY
              : Deflater.DEFAULT_STRATEGY);
    }
    deflater.setInput(pending, 0, filled);
    while (!deflater.needsInput()) {
      drain();
    }
    filled = 0;
  }

  private int deflatedSize(int strategy) {
    Deflater trial = new Deflater(level, true);
    trial.setStrategy(strategy);
    trial.setInput(pending, 0, filled);
    trial.finish();
    int size = 0;
    while (!trial.finished()) {
      size += trial.deflate(new byte[CHUNK]);
    }
    trial.end();
    return size;
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
