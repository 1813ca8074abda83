package org.memstacks.live;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.memstacks.live.Memstacks.Result;
import org.memstacks.live.TracedProgram.Truth;

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
    Map<String, Truth> truth;
    Result result;
    try (TracedProgram program = TracedProgram.start("pageguests");
        Memstacks collector = Memstacks.attachPgfaultstacks("-p", "" + program.pid(), "-f")) {
      program.begin();
      truth = program.truth();
      result = collector.stop();
    }

    Map<String, Long> expected = TracedProgram.nonZero(truth, Truth::unfreedBlocks);
    long unseen = UNSEEN.stream().mapToLong(name -> truth.get(name).unfreedBlocks()).sum();
    assertThat(unseen).isGreaterThanOrEqualTo(50);
    assertThat(result.lines())
        .filteredOn(line -> Result.stack(line).contains("[no fault seen]"))
        .containsExactly("pageguests;[no fault seen];[anonymous] " + unseen);
    expected.keySet().removeAll(UNSEEN);
    Map<String, Long> seen = new TreeMap<>();
    expected.keySet().forEach(name -> seen.put(name, result.below(name)));
    assertThat(seen).isEqualTo(expected).hasSizeGreaterThanOrEqualTo(4);
    assertThat(PageGrowthTest.assertBalanced(result)).isEqualTo(result.total());
    assertThat(result.errors()).contains("without a fault or a call that was seen");
    assertThat(result.exit()).isEqualTo(3);
  }
}
