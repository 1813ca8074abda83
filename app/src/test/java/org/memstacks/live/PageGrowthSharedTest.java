package org.memstacks.live;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.util.List;
import java.util.Map;
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

    Map<String, Long> expected = growth.expected();
    Map<String, Long> seen = growth.seen();
    // The kernel may be moving some of a file's pages when it is looked at what is missing.
    for (String function : List.of("read_around", "lock_the_rest")) {
      assertThat(seen.remove(function)).isCloseTo(expected.remove(function), within(4L));
    }
    assertThat(seen).isEqualTo(expected).hasSizeGreaterThanOrEqualTo(22);
    assertThat(growth.expected().get("filled_before_fork")).as("huge pages").isGreaterThan(2000);
    assertThat(PageGrowth.assertBalanced(result)).isEqualTo(result.total());
    assertThat(result.exit()).as(result.errors()).isZero();
  }
}
