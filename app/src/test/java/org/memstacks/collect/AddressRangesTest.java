package org.memstacks.collect;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.BitSet;
import java.util.Random;
import org.junit.jupiter.api.Test;

class AddressRangesTest {
  private static final int SPAN = 64;

  @Test
  void rangesAreSetsOfAddresses() {
    Random random = new Random(20260101);
    for (int round = 0; round < 2_000; round++) {
      BitSet expected = new BitSet();
      BitSet excluded = new BitSet();
      AddressRanges ranges = random(random, expected);
      AddressRanges others = random(random, excluded);
      assertSame(ranges, expected);

      int from = random.nextInt(SPAN);
      int to = random.nextInt(SPAN);
      expected.andNot(excluded);
      expected.clear(0, from);
      expected.clear(to, SPAN);
      assertSame(ranges.within(from, to, others), expected);
    }
  }

  @Test
  void whatTouchesIsOneRange() {
    AddressRanges ranges = new AddressRanges();
    ranges.add(8, 16);
    ranges.add(24, 32);
    ranges.add(16, 24);

    assertThat(ranges.rangeOf(20).getKey()).isEqualTo(8);
    assertThat(ranges.rangeOf(20).getValue()).isEqualTo(32);
    assertThat(ranges.startAt(8)).isTrue();
    assertThat(ranges.startAt(16)).isFalse();
  }

  private static AddressRanges random(Random random, BitSet same) {
    AddressRanges ranges = new AddressRanges();
    for (int i = random.nextInt(6); i > 0; i--) {
      int start = random.nextInt(SPAN);
      int end = start + random.nextInt(SPAN - start);
      ranges.add(start, end);
      same.set(start, end);
    }
    return ranges;
  }

  private static void assertSame(AddressRanges ranges, BitSet expected) {
    for (int address = 0; address < SPAN; address++) {
      assertThat(ranges.contains(address)).isEqualTo(expected.get(address));
    }
    if (!expected.isEmpty()) {
      assertThat(ranges.lowest()).isEqualTo(expected.nextSetBit(0));
      assertThat(ranges.highest()).isEqualTo(expected.length());
    }
  }
}
