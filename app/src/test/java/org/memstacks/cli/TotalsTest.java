package org.memstacks.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.memstacks.bpf.Layouts.Stat;
import org.memstacks.collect.AllocationProfile;
import org.memstacks.collect.BlockOptions;
import org.memstacks.collect.BlockOptions.Histogram;
import org.memstacks.collect.BlockOptions.View;
import org.memstacks.collect.Profiles;
import org.memstacks.collect.TraceOptions;
import org.memstacks.report.NamedStack;

/** The sentence that sums up a run: its parts are the whole. */
class TotalsTest {
  private static final Map<Stat, Long> COUNTERS =
      Map.of(
          Stat.ALLOCATIONS, 5000L,
          Stat.FREED_BLOCKS, 4800L,
          Stat.MOVED_BLOCKS, 1800L,
          Stat.UNKNOWN_FREES, 321L);

  @Test
  void whatWasAllocatedWentSomewhere() {
    assertThat(total(Profiles.leaving(COUNTERS, 2048, 200), BlockOptions.ALL, 0))
        .isEqualTo(
            "200 blocks of 2.0 KiB not freed, in 1 stack; 5,000 allocated: 3,000 freed, 1,800 moved or resized by"
                + " realloc, 200 not freed; besides, 321 frees of blocks from before the window");
  }

  @Test
  void aReallocUnderWayIsNeitherHereNorThere() {
    assertThat(total(Profiles.leaving(COUNTERS, 2048, 198), BlockOptions.ALL, 0))
        .contains("1,800 moved or resized by realloc, 2 being moved at the end, 198 not freed");
  }

  @Test
  void underAFilterOtherFreesAreOfBlocksThatDoNotCount() {
    BlockOptions large = new BlockOptions(4096, -1, Duration.ZERO, View.UNFREED, Histogram.NONE);
    assertThat(total(Profiles.leaving(COUNTERS, 1, 200), large, 0))
        .endsWith("besides, 321 frees of blocks that do not count");
    assertThat(total(Profiles.leaving(COUNTERS, 1, 200), BlockOptions.ALL, 7))
        .endsWith("besides, 321 frees of blocks that do not count");
  }

  @Test
  void allAllocationsAreAllThatIsSaidInAllMode() {
    assertThat(
            new Totals(
                    Profiles.leaving(COUNTERS, 2048, 200),
                    options(true, BlockOptions.ALL, 0),
                    List.of(new NamedStack(List.of("app", "malloc"), 2048, 200)))
                .text())
        .isEqualTo("200 allocations of 2.0 KiB in 1 stack");
  }

  @Test
  void temporaryBlocksAreAPartOfAll() {
    BlockOptions temporary = new BlockOptions(0, -1, Duration.ZERO, View.TEMPORARY, Histogram.NONE);
    assertThat(total(Profiles.leaving(COUNTERS, 2048, 200), temporary, 0))
        .isEqualTo(
            "200 of 5,000 blocks, of 2.0 KiB in 1 stack, were freed by their thread before it allocated anything"
                + " else");
  }

  private static String total(AllocationProfile profile, BlockOptions blocks, int tid) {
    NamedStack stack =
        new NamedStack(
            List.of("app", "malloc"),
            profile.stacks().getFirst().bytes(),
            profile.stacks().getFirst().blocks());
    return new Totals(profile, options(false, blocks, tid), List.of(stack)).text();
  }

  private static TraceOptions options(boolean all, BlockOptions blocks, int tid) {
    return new TraceOptions(all, tid, 1000, 1000, false, Optional.empty(), blocks);
  }
}
