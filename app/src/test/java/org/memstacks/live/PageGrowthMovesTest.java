package org.memstacks.live;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.Map;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.memstacks.live.Memstacks.Result;

/**
 * A program that cuts, drops, fills and moves mappings of huge pages and of shared memory at
 * random, and learns from the kernel which pages each step brought.
 */
@LiveKernel
class PageGrowthMovesTest {
  @BeforeAll
  static void hugePagesMayCome() throws IOException {
    PageGrowth.assumeHugePages();
  }

  /** Kinds: 1, huge pages; 2, shared memory. */
  @ParameterizedTest
  @CsvSource({"1, 1, 0", "2, 1, 1", "3, 1, 1", "4, 2, 0", "5, 2, 1", "6, 2, 1"})
  void noPageIsMissingOrCountsTwiceWhereverTheyMove(String seed, String kinds, String moves)
      throws IOException {
    PageGrowth growth = PageGrowth.of(TracedProgram.start("pagemoves", seed, "300", kinds, moves));
    Result result = growth.result();
    long all = total(growth.expected());
    assertThat(all).isPositive();
    assertThat(total(growth.seen()) + result.below("[no fault seen]")).isEqualTo(all);
    PageGrowth.assertBalanced(result);
  }

  private static long total(Map<String, Long> pages) {
    return pages.values().stream().mapToLong(Long::longValue).sum();
  }
}
