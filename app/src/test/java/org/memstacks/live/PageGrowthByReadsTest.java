package org.memstacks.live;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.memstacks.live.Memstacks.Result;
import org.memstacks.live.TracedProgram.Truth;

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

  /** A run over the program's work. */
  private record Run(Map<String, Truth> truth, Result result) {
    static Run of() throws IOException {
      try (TracedProgram program = TracedProgram.start("directread");
          Memstacks collector =
              Memstacks.attachPgfaultstacks("-p", "" + program.pid(), "-f", "-v")) {
        program.begin();
        Map<String, Truth> truth = program.truth();
        return new Run(truth, collector.stop());
      }
    }
  }

  @Test
  void pagesOfABufferAreTheCallersThatReadsIntoIt() throws IOException {
    Run run = Run.of();
    Map<String, Long> expected = new TreeMap<>();
    Map<String, Long> found = new TreeMap<>();
    run.truth()
        .forEach((function, truth) -> {
          if (!function.equals(WORKER)) {
            expected.put(function, truth.unfreedBlocks());
            found.put(function, run.result().below(function));
          }
        });

    assertThat(found).isEqualTo(expected);
    assertThat(found.get("write_pages")).isEqualTo(700);
  }

  @Test
  void pagesThatAWorkerOfTheKernelBroughtAreUnderAFrameOfTheirOwn() throws IOException {
    Run run = Run.of();

    assertThat(run.result().below("[kernel worker]"))
        .isEqualTo(run.truth().get(WORKER).unfreedBlocks());
    assertThat(run.result().errors()).doesNotContain("stack store is full");
  }

  @Test
  void writesToTheZeroPageAreToldFromCopies() throws IOException {
    Matcher replaced = REPLACED.matcher(Run.of().result().errors());

    assertThat(replaced.find()).isTrue();
    assertThat(replaced.group(1)).isEqualTo("700");
    // And a few pages of the stack and of libc.
    assertThat(Integer.parseInt(replaced.group(2).replace(",", ""))).isBetween(900, 960);
  }
}
