package org.memstacks.live;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.memstacks.live.Memstacks.Result;
import org.memstacks.live.TracedProgram.Truth;

/**
 * Pages in which several functions have a hand: of a huge page, or of those that a read of a file
 * maps around it, some are copied, dropped, refilled, moved or locked by others.
 */
@LiveKernel
class PageGrowthSharedTest {
  private static final Path HUGE_PAGES = Path.of("/sys/kernel/mm/transparent_hugepage/enabled");

  @ParameterizedTest
  @ValueSource(strings = {"session", "multi", "perf"})
  void eachPageIsTheFunctionsThatBroughtIt(String attach) throws IOException {
    Assumptions.assumeTrue(
        Files.exists(HUGE_PAGES) && !Files.readString(HUGE_PAGES).contains("[never]"),
        "transparent huge pages are off");
    Map<String, Truth> truth;
    Result result;
    try (TracedProgram program = TracedProgram.start("pagesharers");
        Memstacks collector =
            Memstacks.attachPgfaultstacks("-p", "" + program.pid(), "-f", "--attach", attach)) {
      program.begin();
      truth = program.truth();
      result = collector.stop();
    }

    Map<String, Long> expected = new TreeMap<>();
    truth.forEach((name, pages) -> expected.put(name, pages.unfreedBlocks()));
    Map<String, Long> seen = new TreeMap<>();
    truth.keySet().forEach(name -> seen.put(name, result.below(name)));
    assertThat(seen).isEqualTo(expected).hasSizeGreaterThanOrEqualTo(20);
    assertThat(expected.get("filled_before_fork")).as("huge pages").isGreaterThan(2000);
    assertThat(PageGrowthTest.assertBalanced(result)).isEqualTo(result.total());
    assertThat(result.exit()).as(result.errors()).isZero();
  }
}
