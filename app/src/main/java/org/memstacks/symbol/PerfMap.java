package org.memstacks.symbol;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * Names of code a runtime compiled itself, from /tmp/perf-PID.map: lines of {@code start size
 * name}, both numbers hexadecimal (tools/perf/Documentation/jit-interface.txt). Where lines overlap
 * the later one counts, since runtimes append when they reuse memory.
 */
final class PerfMap {
  /** A larger file is not read; a JVM's has a few MiB. */
  static final long MAX_SIZE = 256L << 20;

  /** The process decides how many there are; a runtime that compiles for weeks writes a million. */
  static final int MAX_ENTRIES = 1 << 21;

  private static final int MAX_NAME = 4096;

  private final byte[] text;
  private final long[] starts;
  private final int[] names;
  private final RangeIndex index;

  private PerfMap(byte[] text, long[] starts, int[] names, RangeIndex index) {
    this.text = text;
    this.starts = starts;
    this.names = names;
    this.index = index;
  }

  /** Reads the whole file from its beginning, up to what it held when first asked. */
  static PerfMap read(FileChannel channel) throws IOException {
    long size = channel.size();
    if (size > MAX_SIZE) {
      throw new IOException("the perf map has " + (size >> 20) + " MiB, more than is read");
    }
    ByteBuffer buffer = ByteBuffer.allocate((int) size);
    while (buffer.hasRemaining() && channel.read(buffer, buffer.position()) >= 0) {
      continue;
    }
    byte[] text = buffer.array();
    return parse(buffer.hasRemaining() ? Arrays.copyOf(text, buffer.position()) : text);
  }

  /**
   * Lines that are not in the format are left out, an unfinished last one included.
   *
   * @throws IOException when there are more than {@link #MAX_ENTRIES}
   */
  static PerfMap parse(byte[] text) throws IOException {
    long[] starts = new long[1024];
    long[] ends = new long[1024];
    int[] names = new int[1024];
    int count = 0;
    Line line = new Line(text);
    while (line.next()) {
      if (line.name < 0) {
        continue;
      }
      if (count == MAX_ENTRIES) {
        throw new IOException("the perf map has more than " + MAX_ENTRIES + " entries");
      }
      if (count == starts.length) {
        starts = Arrays.copyOf(starts, 2 * count);
        ends = Arrays.copyOf(ends, 2 * count);
        names = Arrays.copyOf(names, 2 * count);
      }
      starts[count] = line.start;
      ends[count] = line.start + line.size;
      names[count++] = line.name;
    }
    return new PerfMap(
        text,
        Arrays.copyOf(starts, count),
        Arrays.copyOf(names, count),
        RangeIndex.of(count, starts, ends));
  }

  int find(long address) {
    return index.find(address);
  }

  long start(int entry) {
    return starts[entry];
  }

  String name(int entry) {
    int from = names[entry];
    int to = from;
    while (to < text.length && text[to] != '\n' && to - from < MAX_NAME) {
      to++;
    }
    return new String(text, from, to - from, StandardCharsets.UTF_8).strip();
  }

  int size() {
    return starts.length;
  }

  /** A cursor over the lines. */
  private static final class Line {
    private final byte[] text;
    private int at;
    private long start;
    private long size;

    /** Where the name begins, or -1 when the line is no entry. */
    private int name;

    Line(byte[] text) {
      this.text = text;
    }

    boolean next() {
      int end = at;
      while (end < text.length && text[end] != '\n') {
        end++;
      }
      if (end == text.length) {
        return false;
      }
      start = number(end);
      size = number(end);
      boolean valid = start > 0 && size > 0 && start + size > start && at < end;
      name = valid ? at : -1;
      at = end + 1;
      return true;
    }

    /** Hexadecimal digits, perhaps after 0x, and the blank behind them; -1 when there are none. */
    private long number(int end) {
      if (at + 1 < end && text[at] == '0' && (text[at + 1] == 'x' || text[at + 1] == 'X')) {
        at += 2;
      }
      int first = at;
      long value = 0;
      while (at < end && Character.digit(text[at], 16) >= 0) {
        value = value << 4 | Character.digit(text[at], 16);
        at++;
      }
      boolean valid = at > first && at - first <= 16 && at < end && text[at] == ' ';
      at++;
      return valid ? value : -1;
    }
  }
}
