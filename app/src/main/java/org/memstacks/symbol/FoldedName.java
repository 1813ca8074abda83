package org.memstacks.symbol;

/**
 * The one place where a name is made fit for a folded line. Names come from files the traced
 * process controls and may hold anything.
 */
public final class FoldedName {
  private FoldedName() {}

  /**
   * Replaces what would break the line or the terminal it is shown on: the frame separator {@code
   * ;} by {@code :} as stackcollapse-perf.pl does, control characters, line separators and
   * direction overrides by {@code ?}. An empty name becomes {@code [unknown]}.
   */
  public static String escape(String name) {
    if (name.isBlank()) {
      return "[unknown]";
    }
    StringBuilder changed = null;
    for (int i = 0; i < name.length(); i++) {
      char c = name.charAt(i);
      char kept = c == ';' ? ':' : isUnfit(c) ? '?' : c;
      if (kept != c && changed == null) {
        changed = new StringBuilder(name);
      }
      if (changed != null) {
        changed.setCharAt(i, kept);
      }
    }
    return changed == null ? name : changed.toString();
  }

  private static boolean isUnfit(char c) {
    return switch (Character.getType(c)) {
      case Character.CONTROL,
          Character.FORMAT,
          Character.LINE_SEPARATOR,
          Character.PARAGRAPH_SEPARATOR ->
          true;
      default -> false;
    };
  }
}
