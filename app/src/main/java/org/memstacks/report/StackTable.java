package org.memstacks.report;

import java.io.IOException;
import java.util.List;
import java.util.Locale;
import org.memstacks.collect.StackValue.Share;

/**
 * For reading in a terminal: one block a stack, leaf first, the biggest last, where the cursor ends
 * up.
 */
public final class StackTable {
  private StackTable() {}

  /**
   * @param blocksName what {@link NamedStack#blocks} counts, in the plural
   */
  public static void write(List<NamedStack> stacks, String blocksName, Appendable out)
      throws IOException {
    for (NamedStack stack : stacks) {
      out.append(
          String.format(
              Locale.ROOT,
              "%,d bytes in %,d %s (%s)\n",
              stack.bytes(),
              stack.blocks(),
              stack.isMapping() ? "mappings" : blocksName,
              HumanBytes.of(stack.bytes())));
      for (String frame : stack.frames().reversed()) {
        out.append("    ").append(frame).append('\n');
      }
      for (Share share : stack.shares()) {
        out.append(
            String.format(
                Locale.ROOT,
                "  %-16s %,15d bytes in %,d\n",
                share.band().label(),
                share.bytes(),
                share.blocks()));
      }
      out.append('\n');
    }
  }
}
