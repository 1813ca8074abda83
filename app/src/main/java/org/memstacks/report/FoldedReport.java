package org.memstacks.report;

import java.io.IOException;
import java.util.List;
import java.util.SequencedMap;
import java.util.function.ToLongFunction;

/**
 * The contract with flame graph tools: {@code root;...;leaf bytes}, one stack a line, ascending.
 */
public final class FoldedReport {
  private FoldedReport() {}

  /**
   * Comment lines {@code # NAME: VALUE}; flame graph tools skip them, ours shows them beside the
   * picture.
   *
   * @param facts in the order to be written
   */
  public static void writeFacts(SequencedMap<String, String> facts, Appendable out)
      throws IOException {
    for (var fact : facts.entrySet()) {
      out.append("# ")
          .append(fact.getKey())
          .append(": ")
          .append(fact.getValue().replaceAll("\\p{Cntrl}", " "))
          .append('\n');
    }
  }

  /** With bytes as values. */
  public static void write(List<NamedStack> stacks, Appendable out) throws IOException {
    write(stacks, NamedStack::bytes, out);
  }

  /**
   * @param value of a stack
   */
  public static void write(
      List<NamedStack> stacks, ToLongFunction<NamedStack> value, Appendable out)
      throws IOException {
    for (NamedStack stack : stacks) {
      out.append(stack.folded())
          .append(' ')
          .append(Long.toString(value.applyAsLong(stack)))
          .append('\n');
    }
  }
}
