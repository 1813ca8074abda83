package org.memstacks.site;

import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/**
 * Whether a function hands each call to other hooked functions, itself or by way of functions that
 * it calls for that: then these see whatever it allocates or frees.
 */
final class Delegation {
  /** Bounds the work on a function that calls on and on. */
  private static final int MAX_INSTRUCTIONS = 20_000;

  /** Wrappers around wrappers are few. */
  private static final int MAX_DEPTH = 4;

  private final ControlFlow flow;
  private final ObjectCode object;
  private final Set<String> hooked = new TreeSet<>();
  private final Map<Long, Boolean> known = new HashMap<>();
  private int followed;

  private Delegation(ControlFlow flow, ObjectCode object) {
    this.flow = flow;
    this.object = object;
  }

  /**
   * The hooked functions one of which every path comes to first.
   *
   * @param from where the paths begin
   * @return none when there is, or may be, a path that returns without
   */
  static Set<String> of(ControlFlow flow, ObjectCode object, long from) {
    Delegation delegation = new Delegation(flow, object);
    return delegation.handsOn(from, 0) ? delegation.hooked : Set.of();
  }

  /** Whether no path from here returns without a call of, or a jump to, a hooked function. */
  private boolean handsOn(long from, int depth) {
    // Not known yet of one that comes back to itself.
    Boolean answer = known.putIfAbsent(from, false);
    if (answer == null) {
      answer = walk(from, depth);
      known.put(from, answer);
    }
    return answer;
  }

  private boolean walk(long from, int depth) {
    return CodeWalk.all(
        from,
        flow::at,
        (i, ahead) -> {
          if (++followed > MAX_INSTRUCTIONS) {
            return false;
          }
          Optional<String> name = flow.callee(i);
          if (name.filter(object::isHooked).isPresent()) {
            hooked.add(name.get());
            if (i.flow().branches()) {
              ahead.accept(i.next());
            }
            return true;
          }
          boolean wrapper =
              i.flow() == Flow.CALL
                  && name.isEmpty()
                  && depth < MAX_DEPTH
                  && handsOn(i.target(), depth + 1);
          boolean ends = wrapper || i.flow().calls() && !flow.returns(i);
          return ends || CodeWalk.goOn(i, ahead);
        });
  }
}
