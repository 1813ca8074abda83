package org.memstacks.collect;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.memstacks.collect.BlockOptions.Histogram;

class LivePeakTest {
  private static final int OFTEN = 100_000;

  private final LivePeak peak = new LivePeak();
  private final List<Long> looks = new ArrayList<>();

  /** A look that finds so much. */
  private BlockSums look(long bytes) {
    looks.add(bytes);
    BlockSums sums = new BlockSums(Histogram.NONE);
    sums.add(1, bytes, 0);
    return sums;
  }

  /** Shows the counter for a while; a look finds as much, or what it missed less. */
  private void shows(long bytes, long missed) {
    int before = looks.size();
    for (int i = 0; i < OFTEN && looks.size() == before; i++) {
      peak.consider(bytes, 0, () -> look(bytes - missed));
    }
  }

  @Test
  void aLookIsTakenWhenThereIsAHundredthMore() {
    shows(1000, 0);
    peak.consider(1009, 0, () -> look(1009));
    peak.consider(1001, 0, () -> look(1001));
    shows(1020, 0);
    shows(500, 0);
    assertThat(looks).containsExactly(1000L, 1020L);
    assertThat(peak.highest().bytes()).isEqualTo(1020);
  }

  @Test
  void whatCameDuringALookIsSeenOnceNoMoreComes() {
    shows(5000, 3);
    shows(5010, 0);
    assertThat(looks).containsExactly(4997L, 5010L);
  }

  /** What a look never finds was freed since, or is not among the live blocks at all. */
  @Test
  void whatStandsStillIsLookedAtOnce() {
    shows(5000, 0);
    shows(5010, 20);
    shows(5010, 20);
    assertThat(looks).containsExactly(5000L, 4990L);
    assertThat(peak.highest().bytes()).isEqualTo(5000);
    assertThat(peak.peak().highestSeen()).isEqualTo(5010);
  }
}
