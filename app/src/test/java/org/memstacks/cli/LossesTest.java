package org.memstacks.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.memstacks.bpf.Layouts.Stat;
import org.memstacks.collect.AllocationProfile;
import org.memstacks.collect.AllocationProfile.Unattributed;
import org.memstacks.collect.MappingAccount;
import org.memstacks.collect.Profiles;
import org.memstacks.collect.RawStack;
import org.memstacks.collect.StackEnd;
import org.memstacks.collect.StackValue;

/** Whatever a profile lacks is said with its amount; only then is it incomplete. */
class LossesTest {
  @Test
  void aCompleteProfileLacksNothing() {
    assertThat(Losses.of(Profiles.of(value(10, StackEnd.COMPLETE)), false))
        .isEqualTo(new Losses(java.util.List.of(), java.util.List.of()));
  }

  @Test
  void fullTablesAreNamedWithWhatTheyLostAndTheOptionThatRaisesThem() {
    assertMissing(
        Profiles.counted(
            Map.of(Stat.REQUESTS, 9L, Stat.LOST_BLOCKS, 1234L, Stat.LOST_BYTES, 5L << 20),
            new Unattributed(0, 0)),
        "lost 1,234 blocks of 5.0 MiB: the table of live blocks is full, raise --max-live-blocks");
    assertMissing(
        Profiles.withoutStack(2048, 7),
        "7 blocks of 2.0 KiB have no stack: the stack store is full (it is made for 64 frames a stack on average), raise --stack-storage-size");
    assertThat(Losses.of(Profiles.withoutStack(2048, 7), true).missing())
        .containsExactly(
            "7 allocations of 2.0 KiB have no stack: the stack store is full (it is made for 64 frames a stack on average), raise --stack-storage-size");
  }

  @Test
  void aTableThatCouldNotGrowSaysWhy() {
    assertMissing(
        Profiles.withShortage(
            Map.of(Stat.REQUESTS, 9L, Stat.LOST_BLOCKS, 1L, Stat.LOST_BYTES, 8L),
            "it could not grow by 12 MiB: only 20 MiB are to spare (memory.max)"),
        "lost 1 block of 8 B: the table of live blocks is full, it could not grow by 12 MiB: only 20 MiB are to"
            + " spare (memory.max)");
  }

  @Test
  void blocksThatWentWithAnOldProgramAreWorthKnowing() {
    Losses losses = Losses.of(Profiles.replaced(3000, 1000, ""), false);
    assertThat(losses.missing()).isEmpty();
    assertThat(losses.remarks())
        .containsExactly(
            "the process became another program (exec): 1,000 blocks of 2.9 KiB went with its old memory and"
                + " are left out");
    assertThat(Losses.of(Profiles.replaced(0, 0, ""), true).remarks())
        .as("all allocations are still all")
        .isEmpty();
  }

  @Test
  void aLaterProgramThatCouldNotBeTracedIsMissing() {
    assertThat(Losses.of(Profiles.replaced(0, 0, "is not traced"), true).missing())
        .containsExactly("is not traced");
  }

  @Test
  void figuresAreTheSameInEveryCountry() {
    Locale before = Locale.getDefault();
    Locale.setDefault(Locale.forLanguageTag("ar-EG-u-nu-arab"));
    try {
      fullTablesAreNamedWithWhatTheyLostAndTheOptionThatRaisesThem();
    } finally {
      Locale.setDefault(before);
    }
  }

  @Test
  void callsWhoseReturnWasNotSeenAreCounted() {
    assertMissing(
        Profiles.counted(
            Map.of(Stat.REQUESTS, 9L, Stat.PENDING_LOST, 3L, Stat.PENDING_LOST_BYTES, 300L),
            new Unattributed(0, 0)),
        "lost 3 allocations of 300 B: too many calls under way at once");
    assertMissing(
        Profiles.counted(Map.of(Stat.REQUESTS, 9L), new Unattributed(2048, 99)),
        "at least 99 allocations of up to 2.0 KiB began and were not seen to return; they are not counted");
  }

  @Test
  void whatAnAccountOfMappingsLacksIsSaid() {
    assertMissing(
        Profiles.mapping(account(0, 7, Unattributed.NONE, Unattributed.NONE)),
        "7 of 1,000 calls that map and unmap memory came faster than they could be taken in: some mappings shown"
            + " may be gone, and others are missing");
    assertMissing(
        Profiles.mapping(account(2, 0, Unattributed.NONE, Unattributed.NONE)),
        "2 of 1,000 calls that map and unmap memory were not seen to return: too many under way at once, or made by signal handlers on a stack of their own");
    assertMissing(
        Profiles.mapping(account(0, 0, new Unattributed(8192, 2), Unattributed.NONE)),
        "2 mappings of 8.0 KiB are not counted: too many pieces of memory are mapped at once");
  }

  @Test
  void whatWasMappedUnseenIsMissingIfItIsMuch() {
    Losses much =
        Losses.of(
            Profiles.mapping(account(0, 0, Unattributed.NONE, new Unattributed(4 << 20, 1))),
            false);
    assertThat(much.missing())
        .containsExactly(
            "4.0 MiB of address space was mapped in the window by no call that was seen: by system calls outside the"
                + " C library (as the Go runtime makes them), or by the kernel");
    Losses little =
        Losses.of(
            Profiles.mapping(account(0, 0, Unattributed.NONE, new Unattributed(8192, 1))), false);
    assertThat(little.missing()).isEmpty();
    assertThat(little.remarks()).singleElement().asString().startsWith("8.0 KiB of address space");
  }

  private static MappingAccount account(
      long lostCalls, long lostEvents, Unattributed refused, Unattributed unexplained) {
    return new MappingAccount(
        Unattributed.NONE,
        Unattributed.NONE,
        0,
        0,
        1000,
        lostCalls,
        lostEvents,
        refused,
        unexplained,
        List.of());
  }

  @Test
  void resultsThatCouldNotBeReadAreCounted() {
    assertMissing(
        Profiles.counted(
            Map.of(Stat.REQUESTS, 9L, Stat.UNREAD_RESULTS, 2L, Stat.UNREAD_BYTES, 70L),
            new Unattributed(0, 0)),
        "lost 2 allocations of 70 B: where their results were stored could not be read");
  }

  @Test
  void nothingSeenOfAnActiveProcessIsNoEmptySuccess() {
    assertMissing(
        Profiles.silent(5000, 256, true),
        "no allocation and no free was seen, yet the process took 5,000 page faults and its data grew by"
            + " 1.0 MiB: it may allocate by mmap (--mmap shows that), or with another allocator than the one -v shows");
    assertThat(Losses.of(Profiles.silent(65, 0, false), false).missing()).hasSize(1);
    assertThat(Losses.of(Profiles.silent(64, 0, false), false).missing())
        .as("a process that only wakes up takes a few faults")
        .isEmpty();
    assertThat(Losses.of(Profiles.silent(0, -5, false), false).missing()).isEmpty();
  }

  @ParameterizedTest
  @CsvSource({"990, 10, false", "9899, 101, true", "0, 1, true"})
  void stacksThatBreakOffMatterAboveOnePercentOfTheBytes(
      long complete, long incomplete, boolean missing) {
    Losses losses =
        Losses.of(
            Profiles.of(value(complete, StackEnd.COMPLETE), value(incomplete, StackEnd.READ_FAULT)),
            false);
    String text =
        "%d B of %s are in stacks that break off: %s %d B"
            .formatted(
                incomplete,
                org.memstacks.report.HumanBytes.of(complete + incomplete),
                StackEnd.READ_FAULT.reason(),
                incomplete);
    assertThat(missing ? losses.missing() : losses.remarks()).containsExactly(text);
    assertThat(missing ? losses.remarks() : losses.missing()).isEmpty();
  }

  @Test
  void whatMayBearTheNamesOfAnUnloadedObjectIsSaid() {
    Losses losses = Losses.of(Profiles.ambiguous(1000, value(5000, StackEnd.COMPLETE)), false);
    assertThat(losses.missing()).isEmpty();
    assertThat(losses.remarks())
        .containsExactly(
            "up to 1000 B may bear the names of an object that was unloaded: another one was loaded to its"
                + " addresses, which is noticed within a second");
  }

  @Test
  void whatFramePointersLedThroughIsSaid() {
    Losses losses =
        Losses.of(
            Profiles.of(value(60, StackEnd.COMPLETE), value(5, StackEnd.COMPLETE_BY_FRAME_POINTER)),
            false);
    assertThat(losses.missing()).isEmpty();
    assertThat(losses.remarks())
        .containsExactly(
            "5 B of 65 B are in stacks that lead through code without unwind information, by frame pointer: calls"
                + " there may be missing");
  }

  @Test
  void everyReasonHasItsBytes() {
    assertMissing(
        Profiles.of(
            value(10, StackEnd.DEPTH),
            value(20, StackEnd.GAP),
            value(30, StackEnd.DEPTH),
            value(5, StackEnd.COMPLETE)),
        "60 B of 65 B are in stacks that break off: more than 127 frames 40 B, gap in unwind information 20 B");
  }

  private static void assertMissing(AllocationProfile profile, String text) {
    Losses losses = Losses.of(profile, false);
    assertThat(losses.missing()).containsExactly(text);
    assertThat(losses.remarks()).isEmpty();
  }

  private static StackValue value(long bytes, StackEnd end) {
    return new StackValue(
        new RawStack(Optional.of("malloc"), new long[] {bytes, end.ordinal()}, end, 0), bytes, 1);
  }
}
