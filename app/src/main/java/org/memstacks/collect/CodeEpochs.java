package org.memstacks.collect;

import java.util.ArrayList;
import java.util.List;

/**
 * Tells which code an address means. Within an epoch code is only added; the next one begins when
 * an object is seen to have gone, or to have been replaced. So an address means the same wherever
 * in an epoch it is met, and later addresses where it meant something else belong to another one.
 *
 * <p>Code that no object describes (a JIT compiler's) does not count: it comes and goes all the
 * time, and its names do not depend on the mapping.
 */
final class CodeEpochs {
  private List<CodeArea> described = List.of();
  private int epoch;

  /**
   * Takes in the code that the process has now.
   *
   * @return its epoch, from 0
   */
  int see(List<CodeArea> code) {
    List<CodeArea> now = new ArrayList<>(code);
    now.removeIf(area -> !area.isDescribed());
    if (!now.containsAll(described)) {
      epoch++;
    }
    described = List.copyOf(now);
    return epoch;
  }

  /** The latest one. */
  int current() {
    return epoch;
  }
}
