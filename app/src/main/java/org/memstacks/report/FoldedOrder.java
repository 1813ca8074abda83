package org.memstacks.report;

import java.util.Comparator;
import java.util.List;

/**
 * The order of stacks as folded text, without that text: of thousands of deep stacks it would take
 * many times the room of the stacks themselves. No frame has a {@code ;} in it.
 */
final class FoldedOrder implements Comparator<List<String>> {
  @Override
  public int compare(List<String> first, List<String> second) {
    int common = Math.min(first.size(), second.size());
    for (int i = 0; i < common; i++) {
      String one = first.get(i);
      String other = second.get(i);
      if (!one.equals(other)) {
        return one.startsWith(other)
            ? -afterPrefix(second.size() > i + 1, one.charAt(other.length()))
            : other.startsWith(one)
                ? afterPrefix(first.size() > i + 1, other.charAt(one.length()))
                : one.compareTo(other);
      }
    }
    return Integer.compare(first.size(), second.size());
  }

  /** How text that ended, or goes on with another frame, compares with this character. */
  private static int afterPrefix(boolean another, char next) {
    return another ? Character.compare(';', next) : -1;
  }
}
