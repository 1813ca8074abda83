package org.memstacks.flamegraph.read;

import java.io.IOException;
import java.io.InputStream;
import java.io.PushbackInputStream;
import java.util.Arrays;
import java.util.List;

/**
 * The inputs, one after the other, in blocks of whole lines; safe for use by several threads. An
 * input that starts with gzip's magic number is inflated.
 */
final class Blocks {
  private static final int BLOCK = 1 << 20;
  private static final int MAX_LINE = 1 << 30;

  private final List<InputStream> inputs;
  private int input = -1;
  private InputStream current;
  private byte[] rest = new byte[0];
  private int sequence;
  private long delivered;

  Blocks(List<InputStream> inputs) {
    this.inputs = inputs;
  }

  /** Whole lines of one input. Threads fill their own block again and again. */
  static final class Block {
    private byte[] bytes = new byte[BLOCK];
    private int length;
    private int input;
    private int sequence;

    byte[] bytes() {
      return bytes;
    }

    int length() {
      return length;
    }

    /** Which input, from 0. */
    int input() {
      return input;
    }

    /** Grows from block to block. */
    int sequence() {
      return sequence;
    }
  }

  /**
   * Fills a block with the next lines.
   *
   * @return whether there were any
   * @throws IOException if an input cannot be read, or a line is longer than 1 GiB
   */
  synchronized boolean next(Block block) throws IOException {
    while (true) {
      if (current == null) {
        if (input + 1 >= inputs.size()) {
          return false;
        }
        input++;
        current = inflated(inputs.get(input));
      }
      if (fill(block)) {
        block.input = input;
        block.sequence = sequence++;
        delivered += block.length;
        return true;
      }
      current = null;
    }
  }

  /** Bytes of all inputs, as far as is known. */
  synchronized long total() throws IOException {
    return delivered + remaining();
  }

  /** Bytes not delivered yet, as far as is known. */
  synchronized long remaining() throws IOException {
    return current == null ? 0 : current.available();
  }

  private boolean fill(Block block) throws IOException {
    if (rest.length > block.bytes.length) {
      block.bytes = new byte[rest.length];
    }
    System.arraycopy(rest, 0, block.bytes, 0, rest.length);
    int filled = rest.length;
    rest = new byte[0];
    while (true) {
      int count = current.readNBytes(block.bytes, filled, block.bytes.length - filled);
      boolean ended = count < block.bytes.length - filled;
      int end = filled + count;
      if (ended) {
        block.length = end;
        return end > 0;
      }
      int whole = end;
      while (whole > filled && block.bytes[whole - 1] != '\n') {
        whole--;
      }
      if (whole > filled) {
        rest = Arrays.copyOfRange(block.bytes, whole, end);
        block.length = whole;
        return true;
      }
      if (end >= MAX_LINE) {
        throw new IOException("a line is longer than 1 GiB");
      }
      block.bytes = Arrays.copyOf(block.bytes, 2 * end);
      filled = end;
    }
  }

  private static InputStream inflated(InputStream input) throws IOException {
    PushbackInputStream start = new PushbackInputStream(input, 2);
    byte[] magic = new byte[2];
    int count = start.readNBytes(magic, 0, 2);
    start.unread(magic, 0, count);
    boolean gzip = count == 2 && magic[0] == 0x1F && (magic[1] & 0xFF) == 0x8B;
    return gzip ? new Gunzip(start) : start;
  }
}
