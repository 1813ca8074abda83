package org.memstacks.symbol;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class RangeIndexTest {
  @Test
  void answersAsALinearSearchDoes() {
    var random = new SplittableRandom(2026);
    for (int round = 0; round < 2000; round++) {
      int count = random.nextInt(12);
      long[] start = new long[count];
      long[] end = new long[count];
      for (int i = 0; i < count; i++) {
        start[i] = random.nextInt(40);
        end[i] = start[i] + random.nextInt(-2, 15);
      }
      RangeIndex index = RangeIndex.of(count, start, end);
      for (long address = 0; address < 60; address++) {
        int expected = -1;
        for (int i = 0; i < count; i++) {
          expected = start[i] <= address && address < end[i] ? i : expected;
        }
        assertThat(index.find(address)).isEqualTo(expected);
      }
    }
  }

  @Test
  void ordersByKeyAndKeepsTheOrderOfEqualKeys() {
    assertThat(RangeIndex.order(6, new long[] {3, 1, 2, 1, 3, 0}))
        .containsExactly(5, 1, 3, 2, 0, 4);
  }
}
