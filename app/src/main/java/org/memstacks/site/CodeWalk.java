package org.memstacks.site;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashSet;
import java.util.Set;
import java.util.function.LongConsumer;
import java.util.function.LongFunction;

/** Goes every way that code may take from an address, through each instruction once. */
final class CodeWalk {
  /** What is to be known of an instruction. */
  interface Visitor {
    /**
     * @param ahead takes the addresses of instructions to go on with; none ends this way
     * @return false when the answer is no, whatever the other ways lead to
     */
    boolean visit(Instruction instruction, LongConsumer ahead);
  }

  private CodeWalk() {}

  /**
   * Whether no way leads to an instruction that the visitor denies.
   *
   * @param code the instruction at an address
   */
  static boolean all(long begin, LongFunction<Instruction> code, Visitor visitor) {
    Set<Long> seen = new HashSet<>();
    Deque<Long> ahead = new ArrayDeque<>(Set.of(begin));
    while (!ahead.isEmpty()) {
      long address = ahead.removeFirst();
      if (seen.add(address) && !visitor.visit(code.apply(address), ahead::add)) {
        return false;
      }
    }
    return true;
  }

  /**
   * Goes wherever the instruction leads; behind a call it goes on.
   *
   * @return false when that is not known, or is the function's return
   */
  static boolean goOn(Instruction i, LongConsumer ahead) {
    return switch (i.flow()) {
      case NEXT, CALL, CALL_THROUGH_SLOT, INDIRECT_CALL -> {
        ahead.accept(i.next());
        yield true;
      }
      case JUMP -> {
        ahead.accept(i.target());
        yield true;
      }
      case TRAP -> true;
      default -> {
        if (i.flow().branches()) {
          ahead.accept(i.next());
          ahead.accept(i.target());
        }
        yield i.flow().branches();
      }
    };
  }
}
