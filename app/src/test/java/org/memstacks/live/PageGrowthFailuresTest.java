package org.memstacks.live;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.memstacks.live.Memstacks.Result;

/**
 * Accesses that fail bring nothing, and take no page from who brought it; and pages that come
 * without a fault of the process's own.
 */
@LiveKernel
class PageGrowthFailuresTest {
  @EachAttachWay
  void whatFailsTakesNoPage(String attach) throws IOException {
    PageGrowth.assumeHugePages();
    Map<String, Long> expected = compare("", attach);

    assertThat(expected.get("huge_after_trial")).as("a huge page").isEqualTo(512);
    assertThat(expected).hasSizeGreaterThanOrEqualTo(13);
  }

  /** The process itself has not faulted yet when it does. */
  @Test
  void aProcessThatSharesTheMemoryBringsPagesFromTheBegin() throws IOException {
    assertThat(compare("sharing", "session")).containsEntry("write_sharing", 50L);
  }

  @Test
  void sharedMemoryThatComesLockedIsTheCallers() throws IOException {
    assertThat(compare("locked", "session")).containsEntry("attach_locked", 40L);
  }

  /** Records alone tell what came since the last look at its page tables. */
  @Test
  void whatFailsBeforeTheProcessEndsIsNoGrowth() throws IOException {
    try (TracedProgram program = start("end");
        Memstacks collector = Memstacks.attachPgfaultstacks("-p", "" + program.pid(), "-f")) {
      program.begin();
      Result result = collector.result();

      assertThat(result.errors()).contains("incomplete: the process ended in the window");
      assertThat(result.below("use_in_vain")).isLessThan(10);
      assertThat(result.exit()).isEqualTo(3);
    }
  }

  private static TracedProgram start(String what) throws IOException {
    Path file = Checkout.root().resolve("app/target/pagefailures-" + what);
    return TracedProgram.start("pagefailures", file.toString(), what);
  }

  private static Map<String, Long> compare(String what, String attach) throws IOException {
    PageGrowth growth = PageGrowth.of(start(what), "--attach=" + attach);
    Result result = growth.result();
    assertThat(growth.seen()).isEqualTo(growth.expected());
    assertThat(result.errors()).doesNotContain("without a fault");
    assertThat(result.exit()).as(result.errors()).isZero();
    return growth.expected();
  }
}
