package org.memstacks.cli;

import static org.assertj.core.api.Assertions.assertThat;

import org.apache.commons.cli.Options;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SuggestionTest {
  private static final Options OPTIONS =
      new Options()
          .addOption("f", "folded", false, "")
          .addOption("p", "pid", true, "")
          .addOption(null, "stack-storage-size", true, "");

  @ParameterizedTest
  @CsvSource(
      nullValues = "none",
      value = {
        "--foldd, folded",
        "--Folded, folded",
        "-fold, folded",
        "--folde=3, folded",
        "--pdi, pid",
        "--stack-store-size, stack-storage-size",
        "--stack, stack-storage-size",
        "--alll, none",
        "-x, none",
        "--xyz, none",
        "--something-else, none",
        "--, none",
      })
  void theNearestNameIsOffered(String typed, String name) {
    assertThat(Suggestion.nearest(typed, OPTIONS))
        .isEqualTo(name == null ? "" : "; did you mean --" + name + "?");
  }

  @ParameterizedTest
  @CsvSource({"-P, p", "-F, f"})
  void ofALetterTheOtherCaseIsOffered(String typed, String letter) {
    assertThat(Suggestion.nearest(typed, OPTIONS)).isEqualTo("; did you mean -" + letter + "?");
  }

  @ParameterizedTest
  @CsvSource({"'', '', 0", "a, '', 1", "'', abc, 3", "kitten, sitting, 3", "flaw, lawn, 2"})
  void distancesAreEdits(String a, String b, int edits) {
    assertThat(Suggestion.distance(a, b)).isEqualTo(edits);
    assertThat(Suggestion.distance(b, a)).isEqualTo(edits);
  }
}
