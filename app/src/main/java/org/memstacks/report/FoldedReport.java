package org.memstacks.report;

import java.io.IOException;
import java.util.List;

/**
 * The contract with flame graph tools: {@code root;...;leaf bytes}, one stack a line, ascending.
 */
public final class FoldedReport {
  private FoldedReport() {}

  public static void write(List<NamedStack> stacks, Appendable out) throws IOException {
    for (NamedStack stack : stacks) {
      out.append(stack.folded()).append(' ').append(Long.toString(stack.bytes())).append('\n');
    }
  }
}
