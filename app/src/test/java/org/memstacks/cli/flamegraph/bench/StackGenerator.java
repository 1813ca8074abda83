package org.memstacks.cli.flamegraph.bench;

import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;

/**
 * Folded stacks that look like those of large programs, always the same for the same seed: deep
 * stacks, a long tail of rare paths, some names much more common than others.
 *
 * <p>100,000 deep stacks are about 34 MB and 730,000 different frames.
 */
public final class StackGenerator {
  private static final int FUNCTIONS = 6_000;
  private static final int DEPTH = 21;
  private static final int FLAT_DEPTH = 90;
  private static final String[] WORDS = {
    "alloc",
    "buffer",
    "cache",
    "client",
    "codec",
    "commit",
    "config",
    "connection",
    "cursor",
    "decode",
    "dispatch",
    "encode",
    "event",
    "fetch",
    "filter",
    "flush",
    "frame",
    "handler",
    "index",
    "insert",
    "iterator",
    "journal",
    "key",
    "list",
    "loop",
    "lookup",
    "map",
    "merge",
    "message",
    "node",
    "object",
    "page",
    "parse",
    "pool",
    "queue",
    "query",
    "read",
    "record",
    "request",
    "response",
    "row",
    "scan",
    "session",
    "socket",
    "sort",
    "stream",
    "string",
    "table",
    "task",
    "thread",
    "token",
    "tree",
    "update",
    "value",
    "visit",
    "worker",
    "write"
  };

  /** How stacks relate to each other. */
  public enum Shape {
    /** Neighbours share most of their path, as a profiler writes them. */
    DEEP,
    /** The same stacks in random order. */
    SHUFFLED,
    /** Stacks of equal count that share nothing, 90 deep. */
    FLAT
  }

  private final Random random;
  private final String[] names = new String[FUNCTIONS];

  private StackGenerator(long seed) {
    random = new Random(seed);
    for (int i = 0; i < FUNCTIONS; i++) {
      StringBuilder name = new StringBuilder(word());
      int words = 1 + random.nextInt(2);
      for (int w = 0; w < words; w++) {
        name.append(random.nextInt(5) == 0 ? "::" : "_").append(word());
      }
      names[i] = name.append(random.nextInt(4) == 0 ? "_" + i : "").toString();
    }
  }

  private String word() {
    return WORDS[random.nextInt(WORDS.length)];
  }

  /** A name; the k-th most common one about 1/k times as often as the first. */
  private String name() {
    int k = (int) Math.pow(FUNCTIONS, random.nextDouble());
    return names[Math.min(FUNCTIONS, k) - 1];
  }

  /** Arguments: deep, shuffled or flat; the number of stacks; a seed. Writes to standard output. */
  public static void main(String[] args) throws IOException {
    Shape shape = Shape.valueOf(args[0].toUpperCase(java.util.Locale.ROOT));
    try (OutputStream out = new BufferedOutputStream(System.out, 1 << 20)) {
      write(shape, Integer.parseInt(args[1]), Long.parseLong(args[2]), out);
    }
  }

  /** Writes a number of stacks, a line each. */
  public static void write(Shape shape, int stacks, long seed, OutputStream out)
      throws IOException {
    StackGenerator generator = new StackGenerator(seed);
    switch (shape) {
      case DEEP -> generator.deep(stacks, line -> out.write(bytes(line)));
      case SHUFFLED -> {
        List<byte[]> lines = new ArrayList<>(stacks);
        generator.deep(stacks, line -> lines.add(bytes(line)));
        Collections.shuffle(lines, generator.random);
        for (byte[] line : lines) {
          out.write(line);
        }
      }
      case FLAT -> generator.flat(stacks, out);
    }
  }

  private static byte[] bytes(CharSequence line) {
    return line.toString().getBytes(StandardCharsets.US_ASCII);
  }

  private interface LineSink {
    void accept(CharSequence line) throws IOException;
  }

  private void deep(int stacks, LineSink sink) throws IOException {
    List<String> stack = new ArrayList<>(List.of("server", "main"));
    StringBuilder line = new StringBuilder();
    for (int i = 0; i < stacks; i++) {
      int depth = DEPTH - 9 + random.nextInt(19);
      int fresh =
          Math.min(depth - 2, 1 + (int) Math.min(30, -6.9 * Math.log(1 - random.nextDouble())));
      int kept = Math.max(2, Math.min(stack.size(), depth - fresh));
      stack.subList(kept, stack.size()).clear();
      while (stack.size() < depth) {
        stack.add(name());
      }
      line.setLength(0);
      for (String frame : stack) {
        line.append(line.isEmpty() ? "" : ";").append(frame);
      }
      long count = (long) (16 / Math.pow(1 - random.nextDouble(), 0.9));
      sink.accept(line.append(' ').append(count).append('\n'));
    }
  }

  private void flat(int stacks, OutputStream out) throws IOException {
    StringBuilder line = new StringBuilder();
    for (int i = 0; i < stacks; i++) {
      line.setLength(0);
      line.append("request-").append(i);
      for (int depth = 1; depth < FLAT_DEPTH; depth++) {
        line.append(';').append(name());
      }
      out.write(bytes(line.append(" 100\n")));
    }
  }
}
