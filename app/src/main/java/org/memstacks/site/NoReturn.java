package org.memstacks.site;

import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import java.util.function.LongFunction;

/**
 * Which calls do not come back: of functions that are known for it, or all of whose ways end so.
 */
final class NoReturn {
  /** More than what throws an exception, or reports an error, is made of. */
  private static final int MOST = 64;

  private static final Set<String> NAMES =
      Set.of(
          "abort",
          "_exit",
          "exit",
          "__stack_chk_fail",
          "__assert_fail",
          "_Unwind_Resume",
          "__cxa_throw",
          "__cxa_rethrow",
          "__cxa_throw_bad_array_new_length",
          "_ZSt9terminatev",
          "_ZSt17__throw_bad_allocv");

  private final LongFunction<Instruction> code;
  private final Function<Instruction, Optional<String>> callee;
  private final Map<Long, Boolean> known = new HashMap<>();

  /**
   * @param code the instruction at an address
   * @param callee the name of what a call or jump leads to, if it has one
   */
  NoReturn(LongFunction<Instruction> code, Function<Instruction, Optional<String>> callee) {
    this.code = code;
    this.callee = callee;
  }

  boolean isCalledBy(Instruction call) {
    Optional<String> name = callee.apply(call);
    return name.isPresent()
        ? NAMES.contains(name.get())
        : call.flow() == Flow.CALL && known.computeIfAbsent(call.target(), this::isDeadEnd);
  }

  private boolean isDeadEnd(long begin) {
    AtomicInteger seen = new AtomicInteger();
    return CodeWalk.all(
        begin,
        code,
        (i, ahead) -> {
          Optional<String> name = callee.apply(i);
          if (seen.incrementAndGet() > MOST) {
            return false;
          }
          if (name.filter(NAMES::contains).isPresent() && !i.flow().branches()) {
            return true;
          }
          boolean leaves = name.isPresent() && !i.flow().calls();
          return !leaves && CodeWalk.goOn(i, ahead);
        });
  }
}
