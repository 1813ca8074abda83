package org.memstacks.flamegraph.store;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.zip.Deflater;

/**
 * A column of bytes, to be deflated (RFC 1951, no header). Where a search for repetitions does not
 * pay, as for the names of unrelated stacks, bytes are only coded by their frequency, which takes a
 * quarter of the time; a sample from each {@value #SAMPLED} chunks decides.
 */
public final class Column {
  private static final int CHUNK = 1 << 15;
  private static final int SAMPLED = 32;
  private static final int MAX_NUMBER = 10;

  private final String name;
  private final List<byte[]> chunks = new ArrayList<>();

  /** A chunk, and room for a number that begins in it and ends in the next. */
  private byte[] last = new byte[CHUNK + MAX_NUMBER];

  private int filled;

  /** An empty column. */
  public Column(String name) {
    this.name = name;
  }

  /** A column, deflated. */
  public record Packed(String name, byte[] deflated) {}

  /** Adds a number taken as unsigned: seven bits a byte, lowest first, the top bit for "more". */
  void number(long value) {
    byte[] to = last;
    int at = filled;
    long rest = value;
    while ((rest & ~0x7FL) != 0) {
      to[at++] = (byte) (rest | 0x80);
      rest >>>= 7;
    }
    to[at++] = (byte) rest;
    filled = at;
    if (at > CHUNK) {
      begin();
    }
  }

  /** Begins another chunk with what does not fit into this one. */
  private void begin() {
    byte[] next = new byte[CHUNK + MAX_NUMBER];
    System.arraycopy(last, CHUNK, next, 0, filled - CHUNK);
    chunks.add(last);
    last = next;
    filled -= CHUNK;
  }

  /** Adds bytes. */
  public void octets(byte[] bytes) {
    for (byte b : bytes) {
      octet(b);
    }
  }

  private void octet(byte b) {
    last[filled++] = b;
    if (filled > CHUNK) {
      begin();
    }
  }

  /** Adds a text, which has no line feed, in UTF-8, and a line feed. */
  public void line(String text) {
    octets(text.getBytes(StandardCharsets.UTF_8));
    octet((byte) '\n');
  }

  /**
   * Deflates what was added.
   *
   * @param level how hard, 1 to 9
   */
  public Packed pack(int level) {
    Deflater deflater = new Deflater(level, true);
    try {
      return new Packed(name, new Packer(deflater, level).pack());
    } finally {
      deflater.end();
    }
  }

  private final class Packer {
    private final Deflater deflater;
    private final int level;
    private byte[] packed = new byte[1 << 10];
    private int length;

    Packer(Deflater deflater, int level) {
      this.deflater = deflater;
      this.level = level;
    }

    byte[] pack() {
      for (int i = 0; i < chunks.size(); i++) {
        deflate(chunks.get(i), CHUNK, i);
      }
      deflate(last, filled, chunks.size());
      deflater.finish();
      while (!deflater.finished()) {
        drain();
      }
      return Arrays.copyOf(packed, length);
    }

    private void deflate(byte[] bytes, int count, int chunk) {
      if (count == CHUNK && chunk % SAMPLED == 0) {
        int coded = size(bytes, Deflater.HUFFMAN_ONLY);
        deflater.setStrategy(
            coded <= size(bytes, Deflater.DEFAULT_STRATEGY)
                ? Deflater.HUFFMAN_ONLY
                : Deflater.DEFAULT_STRATEGY);
      }
      deflater.setInput(bytes, 0, count);
      while (!deflater.needsInput()) {
        drain();
      }
    }

    /** How many bytes a chunk comes to by itself. */
    private int size(byte[] chunk, int strategy) {
      Deflater trial = new Deflater(level, true);
      trial.setStrategy(strategy);
      trial.setInput(chunk, 0, CHUNK);
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
  }
}
