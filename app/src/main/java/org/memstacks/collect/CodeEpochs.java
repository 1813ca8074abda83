package org.memstacks.collect;

import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * Tells which code an address means. Within an epoch no address is seen to belong to two objects;
 * the next one begins when an object lies where another one was. So an address means the same
 * wherever in an epoch it is met.
 *
 * <p>Code that no object describes (a JIT compiler's) does not count: it comes and goes all the
 * time, and its names do not depend on the mapping.
 */
final class CodeEpochs {
  /** Everything seen in this epoch, code that is gone included. */
  private final Set<CodeArea> seen = new HashSet<>();

  private int epoch;

  /**
   * Takes in the code that the process has now.
   *
   * @return its epoch, from 0
   */
  int see(List<CodeArea> code) {
    List<CodeArea> unseen =
        code.stream().filter(CodeArea::isDescribed).filter(area -> !seen.contains(area)).toList();
    if (unseen.stream().anyMatch(this::replacesSeen)) {
      epoch++;
      seen.clear();
      code.stream().filter(CodeArea::isDescribed).forEach(seen::add);
    } else {
      seen.addAll(unseen);
    }
    return epoch;
  }

  /** The latest one. */
  int current() {
    return epoch;
  }

  private boolean replacesSeen(CodeArea area) {
    return seen.stream().anyMatch(area::contradicts);
  }
}
