package org.memstacks.live;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

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
  private static final String HUGE = "1";
  private static final String SHARED = "2";

  @BeforeAll
  static void hugePagesMayCome() throws IOException {
    PageGrowth.assumeHugePages();
  }

  /**
   * Which of them are whose is told by where they lie, once parts of it have gone or are elsewhere.
   */
  @ParameterizedTest
  @CsvSource({"1, 0", "2, 0", "3, 1", "4, 1"})
  void mostPagesOfSharedMemoryAreThoseOfWhoBroughtThem(String seed, String moves)
      throws IOException {
    PageGrowth growth = PageGrowth.of(program(seed, SHARED, moves));
    Map<String, Long> seen = growth.seen();
    long all = total(growth.expected());
    assertThat(all).isPositive();
    growth
        .expected()
        .forEach((function, pages) ->
            assertThat(seen.get(function)).as(function).isCloseTo(pages, within(all / 10)));
    PageGrowth.assertBalanced(growth.result());
  }

  @ParameterizedTest
  @CsvSource({"1, 0", "2, 0", "3, 1", "4, 1"})
  void noPageOfAHugePageIsMissingOrCountsTwice(String seed, String moves) throws IOException {
    PageGrowth growth = PageGrowth.of(program(seed, HUGE, moves));
    Result result = growth.result();
    long all = total(growth.expected());
    assertThat(all).isPositive();
    assertThat(total(growth.seen()) + result.below("[no fault seen]")).isEqualTo(all);
    PageGrowth.assertBalanced(result);
  }

  private static long total(Map<String, Long> pages) {
    return pages.values().stream().mapToLong(Long::longValue).sum();
  }

  private static TracedProgram program(String seed, String kinds, String moves) throws IOException {
    return TracedProgram.start("pagemoves", seed, "300", kinds, moves);
  }
}
