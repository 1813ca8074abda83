package org.memstacks.live;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.memstacks.live.Memstacks.Result;

/**
 * Pages in which several functions have a hand: of a huge page, or of those that a read of a file
 * maps around it, some are copied, dropped, refilled, moved or locked by others.
 */
@LiveKernel
class PageGrowthSharedTest {
  @ParameterizedTest
  @ValueSource(strings = {"session", "multi", "perf"})
  void eachPageIsTheFunctionsThatBroughtIt(String attach) throws IOException {
    PageGrowth.assumeHugePages();
    PageGrowth growth = PageGrowth.of(TracedProgram.start("pagesharers"), "--attach=" + attach);
    Result result = growth.result();

    assertThat(growth.seen()).isEqualTo(growth.expected()).hasSizeGreaterThanOrEqualTo(24);
    assertThat(growth.expected().get("filled_before_fork")).as("huge pages").isGreaterThan(2000);
    assertThat(PageGrowth.assertBalanced(result)).isEqualTo(result.total());
    assertThat(result.exit()).as(result.errors()).isZero();
  }

  @Test
  void aPageOfAFileIsTheReadsThatFoundItMissing() throws IOException {
    PageGrowth growth = PageGrowth.of(TracedProgram.start("pagewindows"));

    assertThat(growth.seen()).isEqualTo(growth.expected());
    assertThat(growth.expected().values()).hasSize(4).allMatch(pages -> pages > 3);
    assertThat(PageGrowth.assertBalanced(growth.result())).isEqualTo(growth.result().total());
  }

  @Test
  void mlockTakesNoPageThatIsThere() throws IOException {
    PageGrowth.assumeHugePages();
    Assumptions.assumeTrue(
        Files.readAllLines(Path.of("/proc/swaps")).size() == 1, "pages may be swapped out");
    PageGrowth growth = PageGrowth.of(TracedProgram.start("pagelocks"));

    assertThat(growth.seen()).isEqualTo(growth.expected()).hasSize(4);
    assertThat(PageGrowth.assertBalanced(growth.result())).isEqualTo(growth.result().total());
  }
}
