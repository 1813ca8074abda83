package org.memstacks.collect;

import java.util.ArrayList;
import java.util.List;

/**
 * Addresses of an object that another one took, from one look at the process to the next. A stack
 * of the epoch before that leads through them may be the old one's or, for the time until it was
 * noticed, the new one's.
 *
 * @param epoch the one that ended with it
 * @param start address
 * @param end address, exclusive
 */
record ReplacedCode(int epoch, long start, long end) {
  /**
   * What of the code seen before lies under other code now.
   *
   * @param epoch that the code seen before belongs to
   */
  static List<ReplacedCode> between(List<CodeArea> before, List<CodeArea> now, int epoch) {
    List<ReplacedCode> replaced = new ArrayList<>();
    for (CodeArea old : before) {
      for (CodeArea area : now) {
        if (old.isDescribed() && area.isDescribed() && area.contradicts(old)) {
          replaced.add(
              new ReplacedCode(
                  epoch, Math.max(old.start(), area.start()), Math.min(old.end(), area.end())));
        }
      }
    }
    return replaced;
  }

  /** Bytes of the stacks that lead through any of it. */
  static long bytesIn(List<StackValue> stacks, List<ReplacedCode> replaced) {
    return stacks.stream()
        .filter(value -> replaced.stream().anyMatch(code -> code.isIn(value.stack())))
        .mapToLong(StackValue::bytes)
        .sum();
  }

  /** Whether it is uncertain which object some frame of this stack is in. */
  boolean isIn(RawStack stack) {
    if (stack.epoch() != epoch) {
      return false;
    }
    for (int frame = 0; frame < stack.depth(); frame++) {
      long address = stack.address(frame);
      if (start <= address && address < end) {
        return true;
      }
    }
    return false;
  }
}
