package org.memstacks.target;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** Words of /proc/PID/pagemap of pages that PAGEMAP_SCAN shows as swapped. */
class SwapEntriesTest {
  private static final long SWAPPED = 1L << 62;
  private static final long FILE = 1L << 61;
  private static final long GUARD = 1L << 58;
  private static final long PRESENT = 1L << 63;
  private static final long OFFSET = 77 << 5;

  @Test
  void theAreasOfSwapAreSwap() {
    assertThat(SwapEntries.kind(SWAPPED | OFFSET, true)).isEqualTo(ResidentPages.SWAPPED);
    assertThat(SwapEntries.kind(SWAPPED | OFFSET | 22, true)).isEqualTo(ResidentPages.SWAPPED);
  }

  @Test
  void marksStandForNoPage() {
    assertThat(SwapEntries.kind(SWAPPED | OFFSET | 31, true)).isZero();
    assertThat(SwapEntries.kind(SWAPPED | GUARD, true)).isZero();
  }

  @Test
  void pagesThatAreBeingMovedInMemoryAreThere() {
    assertThat(SwapEntries.kind(SWAPPED | OFFSET | 28, true)).isEqualTo(ResidentPages.PRESENT);
    assertThat(SwapEntries.kind(SWAPPED | FILE | OFFSET | 28, true))
        .isEqualTo(ResidentPages.PRESENT | ResidentPages.FILE);
  }

  /** Without CAP_SYS_ADMIN the kernel shows no more than the bit. */
  @Test
  void whereTheAreaIsHiddenTheCountDecides() {
    assertThat(SwapEntries.kind(SWAPPED, true)).isEqualTo(ResidentPages.SWAPPED);
    assertThat(SwapEntries.kind(SWAPPED, false)).isZero();
  }

  @Test
  void whatCameOrWentMeanwhileIsAsItIsNow() {
    assertThat(SwapEntries.kind(PRESENT | 5, true)).isEqualTo(ResidentPages.PRESENT);
    assertThat(SwapEntries.kind(0, true)).isZero();
  }
}
