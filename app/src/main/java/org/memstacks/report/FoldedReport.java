package org.memstacks.report;

import java.io.IOException;
import java.util.List;
import java.util.SequencedMap;
import java.util.function.ToLongFunction;
import org.memstacks.collect.StackValue.Share;

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
    write(stacks, NamedStack::bytes, Share::bytes, out);
  }

  /** With blocks as values. */
  public static void writeBlocks(List<NamedStack> stacks, Appendable out) throws IOException {
    write(stacks, NamedStack::blocks, Share::blocks, out);
  }

  /**
   * @param value of a stack
   */
  public static void write(
      List<NamedStack> stacks, ToLongFunction<NamedStack> value, Appendable out)
      throws IOException {
    for (NamedStack stack : stacks) {
      line(stack.folded(), value.applyAsLong(stack), out);
    }
  }

  /* The bands of a histogram are frames above the leaf. */
  private static void write(
      List<NamedStack> stacks,
      ToLongFunction<NamedStack> value,
      ToLongFunction<Share> valueOfShare,
      Appendable out)
      throws IOException {
    for (NamedStack stack : stacks) {
      if (stack.shares().isEmpty()) {
        line(stack.folded(), value.applyAsLong(stack), out);
      }
      for (Share share : stack.shares()) {
        line(
            stack.folded() + ";[" + share.band().label() + "]",
            valueOfShare.applyAsLong(share),
            out);
      }
    }
  }

  private static void line(String stack, long value, Appendable out) throws IOException {
    out.append(stack).append(' ').append(Long.toString(value)).append('\n');
  }
}
