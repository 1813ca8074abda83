package org.memstacks.site;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
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
    Set<Long> seen = new HashSet<>();
    Deque<Long> ahead = new ArrayDeque<>(Set.of(from));
    while (!ahead.isEmpty()) {
      long address = ahead.removeFirst();
      if (!seen.add(address)) {
        continue;
      }
      if (++followed > MAX_INSTRUCTIONS) {
        return false;
      }
      Instruction i = flow.at(address);
      Optional<String> name = flow.callee(i);
      if (name.filter(object::isHooked).isPresent()) {
        hooked.add(name.get());
        if (i.flow().branches()) {
          ahead.add(i.next());
        }
        continue;
      }
      switch (i.flow()) {
        case NEXT, CALL_THROUGH_SLOT, INDIRECT_CALL -> {
          if (flow.returns(i)) {
            ahead.add(i.next());
          }
        }
        case CALL -> {
          boolean wrapper = name.isEmpty() && depth < MAX_DEPTH && handsOn(i.target(), depth + 1);
          if (!wrapper && flow.returns(i)) {
            ahead.add(i.next());
          }
        }
        case JUMP -> ahead.add(i.target());
        case TRAP -> {}
        default -> {
          if (!i.flow().branches()) {
            return false;
          }
          ahead.add(i.next());
          ahead.add(i.target());
        }
      }
    }
    return true;
  }
}
