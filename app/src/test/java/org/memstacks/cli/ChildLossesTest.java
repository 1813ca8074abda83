package org.memstacks.cli;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class ChildLossesTest {
  private final ChildLosses losses = new ChildLosses(8, 256);

  @Test
  void nothingIsMissingOfNone() {
    losses.tooLate(0);
    losses.crowdedOut(0);
    losses.tooMany(0);
    assertThat(losses.missing(0)).isEmpty();
  }

  @Test
  void eachReasonIsSaidWithItsNumber() {
    for (int i = 0; i < 1200; i++) {
      losses.endedTooSoon(i * 1_000_000L);
    }
    losses.crowdedOut(1);
    losses.tooMany(3);
    losses.tooLate(2);
    assertThat(losses.missing(1))
        .containsExactly(
            "1,200 forked children ended before probes were in, the longest-lived after 1.20 s: what they allocated is not counted",
            "1 forked child was not traced, as 8 were at the same time: raise --max-children",
            "3 forked children were not traced, as 256 had been in this run: trace for less long",
            "2 forked children were not traced, as the window ended before probes were in",
            "1 fork, exec or end came faster than they could be followed: children may be missing");
  }

  @Test
  void ofManyThatFailedAFewAreNamed() {
    for (int i = 1; i <= 20; i++) {
      losses.failed("child " + i + " is not traced: why");
    }
    assertThat(losses.missing(0))
        .hasSize(9)
        .startsWith("child 1 is not traced: why")
        .endsWith("12 children are not traced either, for such reasons");
  }
}
