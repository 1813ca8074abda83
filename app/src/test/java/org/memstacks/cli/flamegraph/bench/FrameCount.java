package org.memstacks.cli.flamegraph.bench;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Base64;
import java.util.zip.DataFormatException;
import java.util.zip.Inflater;

/**
 * How many frames there are, counted in the input and in the picture without the command's code.
 */
public final class FrameCount {
  private static final long PRIME = 0x100000001B3L;
  private static final String COLUMN = "<metadata data-column=\"depth\">";

  private long[] seen = new long[1 << 16];
  private int size;

  private FrameCount() {}

  /** Different paths from the root of folded lines without empty frames, and the root. */
  public static long inInput(Path folded) throws IOException {
    FrameCount paths = new FrameCount();
    try (InputStream in = new BufferedInputStream(Files.newInputStream(folded), 1 << 20)) {
      long hash = 0;
      boolean stack = true;
      for (int b = in.read(); b >= 0; b = in.read()) {
        if (stack && (b == ';' || b == ' ')) {
          paths.add(mixed(hash));
          stack = b == ';';
        }
        if (b == '\n') {
          hash = 0;
          stack = true;
        } else if (stack) {
          hash = (hash ^ (b + 1)) * PRIME;
        }
      }
    }
    return 1L + paths.size;
  }

  private static long mixed(long hash) {
    long h = (hash ^ hash >>> 32) * 0x9E3779B97F4A7C15L;
    return (h ^ h >>> 29) | 1;
  }

  private void add(long path) {
    int slot = (int) (path >>> 33) & (seen.length - 1);
    while (seen[slot] != 0) {
      if (seen[slot] == path) {
        return;
      }
      slot = (slot + 1) & (seen.length - 1);
    }
    seen[slot] = path;
    if (2 * ++size > seen.length) {
      long[] old = seen;
      seen = new long[2 * old.length];
      size = 0;
      for (long entry : old) {
        if (entry != 0) {
          add(entry);
        }
      }
    }
  }

  /** Entries of the picture's column of depths, and the root, which has none. */
  public static long inPicture(Path picture) throws IOException, DataFormatException {
    String text = Files.readString(picture, StandardCharsets.ISO_8859_1);
    ByteArrayOutputStream packed = new ByteArrayOutputStream();
    for (int at = text.indexOf(COLUMN); at >= 0; at = text.indexOf(COLUMN, at + 1)) {
      int start = at + COLUMN.length();
      packed.writeBytes(
          Base64.getDecoder().decode(text.substring(start, text.indexOf('<', start))));
    }
    Inflater inflater = new Inflater(true);
    inflater.setInput(Arrays.copyOf(packed.toByteArray(), packed.size() + 1));
    byte[] numbers = new byte[1 << 16];
    long frames = 1;
    while (!inflater.finished()) {
      int count = inflater.inflate(numbers);
      if (count == 0 && inflater.needsInput()) {
        throw new DataFormatException("the column of depths is cut off");
      }
      for (int i = 0; i < count; i++) {
        if (numbers[i] >= 0) {
          frames++;
        }
      }
    }
    inflater.end();
    return frames;
  }
}
