package org.memstacks.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class IntervalsTest {
  private long now = 5_000;

  @Test
  void eachIntervalThatEndsIsToldOnce() {
    assertThat(due(Optional.empty(), 0, 1, 2, 3, 4, 5, 6, 7, 8, 9)).containsExactly(3, 6, 9);
  }

  @Test
  void theLastOneIsTheWindowsEnd() {
    assertThat(due(Optional.of(Duration.ofSeconds(9)), 3, 6, 9, 10)).containsExactly(3, 6);
    assertThat(due(Optional.of(Duration.ofSeconds(10)), 3, 6, 9, 10)).containsExactly(3, 6, 9);
  }

  @Test
  void whatWasMissedIsNotMadeUpFor() {
    assertThat(due(Optional.empty(), 2, 10, 11, 12)).containsExactly(10, 12);
  }

  /** At which of these seconds a table is due. */
  private List<Integer> due(Optional<Duration> window, int... seconds) {
    now = 5_000;
    Intervals intervals = new Intervals(Duration.ofSeconds(3), window, () -> now);
    List<Integer> due = new ArrayList<>();
    IntStream.of(seconds)
        .forEach(second -> {
          now = 5_000 + second * 1_000_000_000L;
          if (intervals.isDue()) {
            due.add(second);
          }
        });
    return due;
  }
}
