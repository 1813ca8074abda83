package org.memstacks.flamegraph.layout;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;

class SelectionTest {
  private static final long SEED = 5;

  @Test
  void findsWhatSortingWouldPutThere() {
    Random random = new Random(SEED);
    for (int round = 0; round < 2_000; round++) {
      int size = 1 + random.nextInt(60);
      int different = 1 + random.nextInt(40);
      long[] values = random.longs(size + 3, 0, different).toArray();
      long[] sorted = Arrays.copyOf(values, size);
      Arrays.sort(sorted);
      int rank = random.nextInt(size);
      assertThat(Selection.select(values, size, rank)).isEqualTo(sorted[rank]);
    }
  }

  @Test
  void sortedAndEqualValuesAreNoHardCase() {
    long[] rising = new long[100_000];
    Arrays.setAll(rising, i -> i);
    assertThat(Selection.select(rising, rising.length, 77_777)).isEqualTo(77_777);
    long[] equal = new long[100_000];
    assertThat(Selection.select(equal, equal.length, 5)).isZero();
  }
}
