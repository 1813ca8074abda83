package org.memstacks.flamegraph.folded;

import java.io.BufferedOutputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.memstacks.flamegraph.tree.FrameTree;

/** Writes a comparison as lines {@code stack BEFORE AFTER}, sorted by the bytes of the stack. */
public final class DiffWriter {
  private DiffWriter() {}

  private record Line(byte[] stack, int node) {}

  /** Writes every stack that either input has; the stream is flushed, not closed. */
  public static void write(FrameTree tree, OutputStream stream) throws IOException {
    List<Line> lines = new ArrayList<>();
    for (int node = 0; node < tree.size(); node++) {
      if (tree.endsStacks(node)) {
        lines.add(new Line(stack(tree, node), node));
      }
    }
    lines.sort((a, b) -> Arrays.compareUnsigned(a.stack, b.stack));
    OutputStream out = new BufferedOutputStream(stream, 1 << 16);
    for (Line line : lines) {
      out.write(line.stack);
      String before = number(tree.selfBefore(line.node), tree.scale());
      String after = number(tree.selfAfter(line.node), tree.scale());
      out.write((" " + before + " " + after + "\n").getBytes(StandardCharsets.US_ASCII));
    }
    out.flush();
  }

  private static byte[] stack(FrameTree tree, int node) {
    List<byte[]> names = new ArrayList<>();
    for (int at = node; at != 0; at = tree.parent(at)) {
      names.add(tree.names().get(tree.name(at)));
    }
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    for (int i = names.size() - 1; i >= 0; i--) {
      out.writeBytes(names.get(i));
      if (i > 0) {
        out.write(';');
      }
    }
    return out.toByteArray();
  }

  private static String number(long value, int scale) {
    if (scale == 0 || value == 0) {
      return Long.toString(value);
    }
    return BigDecimal.valueOf(value, scale).stripTrailingZeros().toPlainString();
  }
}
