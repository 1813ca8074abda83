package org.memstacks.flamegraph.read;

import java.io.IOException;
import java.io.InputStream;
import java.util.Arrays;
import java.util.List;
import org.memstacks.flamegraph.tree.NameTable;
import org.memstacks.flamegraph.tree.StackTree;

/** Reads folded stacks; several inputs are summed. */
public final class FoldedReader {
  private static final int BLOCK = 1 << 20;
  private static final int MAX_LINE = 1 << 30;

  private final LineOptions options;

  public FoldedReader(LineOptions options) {
    this.options = options;
  }

  /**
   * Reads every input to its end.
   *
   * @throws IOException if an input cannot be read, or a line is longer than 1 GiB
   * @throws org.memstacks.flamegraph.tree.TreeLimitException if the counts cannot be summed exactly
   */
  public FoldedInput read(List<InputStream> inputs) throws IOException {
    StackTree tree = new StackTree(new NameTable(), options.chart());
    tree.raiseScale(options.decimals());
    LineParser parser = new LineParser(tree, options);
    for (InputStream input : inputs) {
      readBlocks(input, parser);
    }
    return new FoldedInput(tree, parser.ignored(), List.copyOf(parser.comments().lines()));
  }

  private static void readBlocks(InputStream input, LineParser parser) throws IOException {
    byte[] block = new byte[BLOCK];
    int filled = 0;
    for (int count; (count = input.read(block, filled, block.length - filled)) >= 0; ) {
      filled += count;
      int whole = filled;
      while (whole > 0 && block[whole - 1] != '\n') {
        whole--;
      }
      if (whole > 0) {
        parser.parse(block, 0, whole);
        System.arraycopy(block, whole, block, 0, filled - whole);
        filled -= whole;
      } else if (filled == block.length) {
        if (filled >= MAX_LINE) {
          throw new IOException("a line is longer than 1 GiB");
        }
        block = Arrays.copyOf(block, 2 * filled);
      }
    }
    parser.parse(block, 0, filled);
  }
}
