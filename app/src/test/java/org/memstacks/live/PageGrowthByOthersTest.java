package org.memstacks.live;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.memstacks.live.Memstacks.Result;

/**
 * Pages that other processes write and that userfaultfd copies are no fault of the process: they
 * are in the total, under the frame that says so. Those of which the kernel thinks in its own way
 * (huge ones made of small ones, to be taken back, to be merged, a memfd's) are their stacks'.
 */
@LiveKernel
class PageGrowthByOthersTest {
  private static final List<String> UNSEEN =
      List.of("written_by_another", "written_by_debugger", "copied_unasked");

  @Test
  void pagesThatOthersBringAreInTheTotalUnderAFrameOfTheirOwn() throws IOException {
    PageGrowth growth = PageGrowth.of(TracedProgram.start("pageguests"));
    Result result = growth.result();

    Map<String, Long> expected = growth.expected();
    Map<String, Long> seen = growth.seen();
    long unseen = UNSEEN.stream().mapToLong(expected::get).sum();
    assertThat(unseen).isGreaterThanOrEqualTo(50);
    assertThat(result.lines())
        .filteredOn(line -> Result.stack(line).contains("[no fault seen]"))
        .containsExactly("pageguests;[no fault seen];[anonymous] " + unseen);
    expected.keySet().removeAll(UNSEEN);
    seen.keySet().removeAll(UNSEEN);
    assertThat(seen).isEqualTo(expected).hasSizeGreaterThanOrEqualTo(4);
    assertThat(PageGrowth.assertBalanced(result)).isEqualTo(result.total());
    assertThat(result.errors()).contains("without a fault or a call that was seen");
    assertThat(result.exit()).isEqualTo(3);
  }
}
