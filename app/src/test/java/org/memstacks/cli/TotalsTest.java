package org.memstacks.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.memstacks.bpf.Layouts.Stat;
import org.memstacks.collect.AllocationProfile;
import org.memstacks.collect.AllocationProfile.Unattributed;
import org.memstacks.collect.BlockOptions;
import org.memstacks.collect.BlockOptions.Histogram;
import org.memstacks.collect.BlockOptions.View;
import org.memstacks.collect.MappingAccount;
import org.memstacks.collect.Profiles;
import org.memstacks.collect.RawStack;
import org.memstacks.collect.StackEnd;
import org.memstacks.collect.StackValue;
import org.memstacks.collect.TraceOptions;
import org.memstacks.report.NamedStack;

/** The sentence that sums up a run: its parts are the whole. */
class TotalsTest {
  private static final Map<Stat, Long> COUNTERS =
      Map.of(
          Stat.ALLOCATIONS, 5000L,
          Stat.FREED_BLOCKS, 4800L,
          Stat.MOVED_BLOCKS, 1800L,
          Stat.UNKNOWN_FREES, 654L,
          Stat.OLDER_FREES, 321L);

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
        .endsWith("besides, 654 frees of blocks that do not count");
    assertThat(total(Profiles.leaving(COUNTERS, 1, 200), BlockOptions.ALL, 7))
        .endsWith("besides, 654 frees of blocks that do not count");
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

  @Test
  void mappingsAreToldFromBlocks() {
    RawStack stack = new RawStack(Optional.of("mmap"), new long[] {1}, StackEnd.COMPLETE, 0);
    MappingAccount account =
        new MappingAccount(
            new Unattributed(8192, 2),
            new Unattributed(4096, 1),
            1 << 20,
            0,
            1000,
            0,
            0,
            Unattributed.NONE,
            Unattributed.NONE,
            List.of());
    BlockOptions options =
        new BlockOptions(0, -1, Duration.ofSeconds(1), View.UNFREED, Histogram.NONE, true);
    assertThat(total(Profiles.mapping(account, new StackValue(stack, 8192, 2)), options, 0))
        .isEqualTo(
            "0 blocks of 0 B and 2 mappings of 8.0 KiB not freed, in 1 stack; 0 allocated: 0 freed, 0 moved or resized"
                + " by realloc, 0 not freed; 1 mapping of 4.0 KiB younger than --older; what the allocator mapped"
                + " for its blocks, 1.0 MiB, is not among the mappings");
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
