package org.memstacks.cli;

import org.apache.commons.cli.Option;
import org.apache.commons.cli.Options;

/** The option somebody probably meant. */
final class Suggestion {
  private static final int FARTHEST = 3;

  private Suggestion() {}

  /**
   * {@code "; did you mean --folded?"}, or empty when nothing is near. Of one letter it is the
   * other case.
   */
  static String nearest(String typed, Options options) {
    String wanted = typed.replaceFirst("^-+", "").replaceFirst("=.*$", "");
    if (wanted.length() == 1) {
      char typedLetter = wanted.charAt(0);
      boolean isUpper = Character.isUpperCase(typedLetter);
      String other =
          String.valueOf(
              isUpper ? Character.toLowerCase(typedLetter) : Character.toUpperCase(typedLetter));
      return options.hasShortOption(other) ? "; did you mean -" + other + "?" : "";
    }
    String best = null;
    int bestDistance = FARTHEST + 1;
    for (Option option : options.getOptions()) {
      if (!wanted.isEmpty() && option.getLongOpt().startsWith(wanted)) {
        best = option.getLongOpt();
        break;
      }
      int distance = distance(wanted, option.getLongOpt());
      if (distance < bestDistance && distance * 2 <= option.getLongOpt().length() + 1) {
        best = option.getLongOpt();
        bestDistance = distance;
      }
    }
    return best == null ? "" : "; did you mean --" + best + "?";
  }

  /** Edits of single characters between the two (Levenshtein). */
  static int distance(String a, String b) {
    int[] row = new int[b.length() + 1];
    for (int j = 0; j <= b.length(); j++) {
      row[j] = j;
    }
    for (int i = 1; i <= a.length(); i++) {
      int diagonal = row[0];
      row[0] = i;
      for (int j = 1; j <= b.length(); j++) {
        int above = row[j];
        int changed = diagonal + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1);
        row[j] = Math.min(changed, Math.min(above, row[j - 1]) + 1);
        diagonal = above;
      }
    }
    return row[b.length()];
  }
}
