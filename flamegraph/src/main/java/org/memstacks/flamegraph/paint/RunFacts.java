package org.memstacks.flamegraph.paint;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * What the comment lines of a folded file say about the run: {@code # NAME: VALUE}. Names that
 * begin with "lost" or "incomplete" are losses; lines without a name are remarks.
 *
 * @param facts of the run, in order
 * @param losses what the picture does not hold, in order
 * @param remarks all other lines
 */
public record RunFacts(List<Fact> facts, List<Fact> losses, List<String> remarks) {
  private static final int LONGEST_NAME = 48;

  /** A named value, as it is to be shown. */
  public record Fact(String name, String value) {}

  /** Sorts comment lines, without their {@code "# "}, into facts, losses and remarks. */
  public static RunFacts of(List<String> comments) {
    List<Fact> facts = new ArrayList<>();
    List<Fact> losses = new ArrayList<>();
    List<String> remarks = new ArrayList<>();
    for (String comment : comments) {
      int colon = comment.indexOf(": ");
      if (colon <= 0 || colon > LONGEST_NAME) {
        remarks.add(DisplayName.of(comment));
        continue;
      }
      String name = DisplayName.of(comment.substring(0, colon).strip());
      Fact fact = new Fact(name, DisplayName.of(comment.substring(colon + 2).strip()));
      String key = name.toLowerCase(Locale.ROOT);
      (key.startsWith("lost") || key.startsWith("incomplete") ? losses : facts).add(fact);
    }
    return new RunFacts(facts, losses, remarks);
  }
}
