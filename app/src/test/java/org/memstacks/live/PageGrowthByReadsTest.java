package org.memstacks.live;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/**
 * Pages that the kernel brings without a fault of the program's, for reads past the page cache, and
 * writes to pages that are there. The program leaves out what the machine lacks.
 */
@LiveKernel
class PageGrowthByReadsTest {
  private static final String WORKER = "read_by_worker";
  private static final Pattern REPLACED =
      Pattern.compile(
          "([0-9,]+) writes to the zero page, ([0-9,]+) to write-protected pages \\(copied only if"
              + " shared\\)");

  private static PageGrowth run() throws IOException {
    return PageGrowth.of(TracedProgram.start("directread"), "-v");
  }

  @Test
  void pagesOfABufferAreTheCallersThatReadsIntoIt() throws IOException {
    PageGrowth run = run();
    Map<String, Long> expected = run.expected();
    Map<String, Long> found = run.seen();
    expected.remove(WORKER);
    found.remove(WORKER);

    assertThat(found).isEqualTo(expected);
    assertThat(found.get("write_pages")).isEqualTo(700);
  }

  @Test
  void pagesThatAWorkerOfTheKernelBroughtAreUnderAFrameOfTheirOwn() throws IOException {
    PageGrowth run = run();

    assertThat(run.result().below("[kernel worker]")).isEqualTo(run.expected().get(WORKER));
    assertThat(run.result().errors()).doesNotContain("stack store is full");
  }

  @Test
  void writesToTheZeroPageAreToldFromCopies() throws IOException {
    Matcher replaced = REPLACED.matcher(run().result().errors());

    assertThat(replaced.find()).isTrue();
    assertThat(replaced.group(1)).isEqualTo("700");
    // And a few pages of the stack and of libc.
    assertThat(Integer.parseInt(replaced.group(2).replace(",", ""))).isBetween(900, 960);
  }
}
