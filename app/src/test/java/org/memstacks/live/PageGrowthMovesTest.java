package org.memstacks.live;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.util.Map;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * A program that cuts, drops, fills and moves mappings of huge pages and of shared memory at
 * random, and learns from the kernel which pages each step brought.
 */
@LiveKernel
class PageGrowthMovesTest {
  private static final String HUGE = "1";

  @BeforeAll
  static void hugePagesMayCome() throws IOException {
    PageGrowth.assumeHugePages();
  }

  @ParameterizedTest
  @ValueSource(strings = {"1", "2", "3", "4", "5"})
  void hugePagesAreThoseOfWhoBroughtThemHoweverTheyAreCut(String seed) throws IOException {
    PageGrowth growth = PageGrowth.of(program(seed, HUGE, "0"));
    assertThat(growth.seen()).isEqualTo(growth.expected());
    PageGrowth.assertBalanced(growth.result());
  }

  /** What was mapped around a read is told by where it lies, once parts of it are elsewhere. */
  @ParameterizedTest
  @CsvSource({"1, 1, 1", "2, 1, 1", "1, 2, 0", "2, 2, 0", "1, 2, 1", "2, 2, 1"})
  void mostPagesAreThoseOfWhoBroughtThemWhereverTheyMove(String seed, String kinds, String moves)
      throws IOException {
    PageGrowth growth = PageGrowth.of(program(seed, kinds, moves));
    Map<String, Long> seen = growth.seen();
    Map<String, Long> expected = growth.expected();
    long all = expected.values().stream().mapToLong(Long::longValue).sum();
    assertThat(all).isPositive();
    expected.forEach((function, pages) ->
        assertThat(seen.get(function)).as(function).isCloseTo(pages, within(all / 10)));
    PageGrowth.assertBalanced(growth.result());
  }

  private static TracedProgram program(String seed, String kinds, String moves) throws IOException {
    return TracedProgram.start("pagemoves", seed, "300", kinds, moves);
  }
}
