package org.memstacks.target;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.function.Consumer;

/**
 * Reads lines of /proc/PID/maps as bytes: a file name may hold any byte but NUL and newline, which
 * the kernel writes as {@code \012} (fs/proc/task_mmu.c). Bounded, since the process traced chooses
 * how many mappings it has and how long their names are.
 */
final class MapsParser {
  private static final int MAX_MAPPINGS = 1 << 20;
  private static final long MAX_BYTES = 512L << 20;

  /** PATH_MAX, every byte of it escaped, and the fields before it. */
  private static final int MAX_LINE = 4 * 4096 + 256;

  private static final String DELETED = " (deleted)";

  private final InputStream in;
  private final byte[] line = new byte[MAX_LINE];
  private int at;
  private int end;
  private String lastName = "";

  MapsParser(InputStream in) {
    this.in = in;
  }

  void forEach(Consumer<Mapping> consumer) throws IOException {
    byte[] chunk = new byte[1 << 16];
    long total = 0;
    int mappings = 0;
    int length = 0;
    for (int n = in.read(chunk); n >= 0; n = in.read(chunk)) {
      total += n;
      for (int i = 0; i < n; i++) {
        if (chunk[i] != '\n') {
          if (length < MAX_LINE) {
            line[length] = chunk[i];
          }
          length++;
        } else {
          Mapping mapping = length <= MAX_LINE ? parse(length) : null;
          length = 0;
          if (mapping != null) {
            consumer.accept(mapping);
            mappings++;
          }
        }
      }
      if (total > MAX_BYTES || mappings > MAX_MAPPINGS) {
        throw new IOException(
            "the process has more than %d mappings or %d MiB of their names"
                .formatted(MAX_MAPPINGS, MAX_BYTES >> 20));
      }
    }
  }

  /** start-end perms offset major:minor inode [spaces name]; null when it is not that. */
  private Mapping parse(int length) {
    at = 0;
    end = length;
    long start = number(16, '-');
    long stop = number(16, ' ');
    int protection = protection();
    long offset = number(16, ' ');
    long major = number(16, ':');
    long minor = number(16, ' ');
    long inode = number(10, ' ');
    if (at < 0 || Long.compareUnsigned(start, stop) >= 0) {
      return null;
    }
    while (at < end && line[at] == ' ') {
      at++;
    }
    String name = name();
    boolean deleted = name.endsWith(DELETED) && name.startsWith("/");
    if (deleted) {
      name = name.substring(0, name.length() - DELETED.length());
    }
    // Neighbouring lines usually show the same file: one string for all of them.
    lastName = name.equals(lastName) ? lastName : name;
    return new Mapping(
        start, stop, protection, offset, major << 20 | minor, inode, lastName, deleted);
  }

  /** Reads digits up to the terminator, or to the line's end; sets {@code at} to -1 on failure. */
  private long number(int radix, char terminator) {
    if (at < 0) {
      return 0;
    }
    long value = 0;
    int first = at;
    for (; at < end && line[at] != terminator; at++) {
      int digit = Character.digit(line[at], radix);
      if (digit < 0 || at - first > 20) {
        at = -1;
        return 0;
      }
      value = value * radix + digit;
    }
    if (at == first) {
      at = -1;
      return 0;
    }
    at++;
    return value;
  }

  private int protection() {
    if (at < 0 || at + 5 > end || line[at + 4] != ' ') {
      at = -1;
      return 0;
    }
    int bits =
        (line[at] == 'r' ? Mapping.READ : 0)
            | (line[at + 1] == 'w' ? Mapping.WRITE : 0)
            | (line[at + 2] == 'x' ? Mapping.EXECUTE : 0)
            | (line[at + 3] == 's' ? Mapping.SHARED : 0);
    at += 5;
    return bits;
  }

  private String name() {
    if (at >= end) {
      return "";
    }
    String name = new String(line, at, end - at, StandardCharsets.ISO_8859_1);
    return name.indexOf('\\') < 0 ? name : name.replace("\\012", "\n");
  }
}
