package org.memstacks.live;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
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
  private static final Path COLLAPSED =
      Path.of("/sys/kernel/mm/transparent_hugepage/khugepaged/pages_collapsed");
  private static final int MOST_TRIES = 5;

  @BeforeAll
  static void hugePagesMayCome() throws IOException {
    PageGrowth.assumeHugePages();
  }

  /**
   * Kinds: 1, huge pages; 2, shared memory; 4, a file's. Ways: 1, mremap; 4, huge pages are split.
   */
  @ParameterizedTest
  @CsvSource({
    "1, 1, 0",
    "2, 1, 1",
    "3, 1, 1",
    "4, 2, 0",
    "5, 2, 1",
    "6, 4, 0",
    "7, 4, 1",
    "8, 7, 1",
    "6, 1, 4",
    "12, 1, 5"
  })
  void eachPageIsItsBringersWhereverItMoves(String seed, String kinds, String ways)
      throws IOException {
    PageGrowth growth = undisturbed(seed, "300", kinds, ways);
    Result result = growth.result();
    assertThat(total(growth.expected())).isPositive();
    assertThat(growth.seen()).isEqualTo(growth.expected());
    assertThat(result.below("[no fault seen]")).isZero();
    PageGrowth.assertBalanced(result);
  }

  /** Ways: 2, MADV_POPULATE_WRITE, of which is told once it is done. */
  @ParameterizedTest
  @CsvSource({"9, 1, 3", "10, 2, 2", "11, 7, 3"})
  void noPageIsMissingOrCountsTwiceWhereSomeArePopulated(String seed, String kinds, String ways)
      throws IOException {
    PageGrowth growth = undisturbed(seed, "300", kinds, ways);
    Result result = growth.result();
    long all = total(growth.expected());
    assertThat(all).isPositive();
    assertThat(total(growth.seen()) + result.below("[no fault seen]")).isEqualTo(all);
    PageGrowth.assertBalanced(result);
  }

  /**
   * Again, should the kernel have made a huge page by itself meanwhile, by no step of the program.
   */
  private static PageGrowth undisturbed(String... arguments) throws IOException {
    for (int tries = 1; ; tries++) {
      String before = Files.readString(COLLAPSED);
      PageGrowth growth = PageGrowth.of(TracedProgram.start("pagemoves", arguments));
      if (Files.readString(COLLAPSED).equals(before) || tries == MOST_TRIES) {
        return growth;
      }
    }
  }

  private static long total(Map<String, Long> pages) {
    return pages.values().stream().mapToLong(Long::longValue).sum();
  }
}
