package org.memstacks.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.memstacks.bpf.Layouts.FaultStat;
import org.memstacks.fault.FaultProfile;
import org.memstacks.fault.FaultProfile.Basis;
import org.memstacks.fault.FaultProfile.SinceLook;
import org.memstacks.fault.KernelCount;
import org.memstacks.fault.PageGrowth;
import org.memstacks.fault.PageGrowth.Cause;
import org.memstacks.fault.PageGrowth.State;
import org.memstacks.fault.Place;

class FaultLossesTest {
  private static final Place PLACE = new Place(Place.Kind.ANONYMOUS, "");

  @Test
  void nothingIsMissingWhereEveryPageIsExplained() {
    Losses losses = FaultLosses.of(profile(1000, 0, 1000, 0), "ended", Optional.empty());

    assertThat(losses.missing()).isEmpty();
    assertThat(losses.remarks()).isEmpty();
  }

  @ParameterizedTest
  @CsvSource({"990, 10, false", "989, 11, true"})
  void pagesWithoutAFaultAreARemarkAndFromOnePercentOnALoss(
      long explained, long unexplained, boolean isLoss) {
    Losses losses =
        FaultLosses.of(
            profile(explained, unexplained, explained + unexplained, 0), "ended", Optional.empty());

    assertThat(isLoss ? losses.missing() : losses.remarks())
        .singleElement()
        .asString()
        .startsWith(unexplained + " of 1,000 newly resident pages")
        .endsWith("under [no fault seen]");
  }

  @ParameterizedTest
  @CsvSource({
    "10000, 10009, 0,   none",
    "10000, 10011, 0,   remark",
    "10000, 10500, 0,   loss",
    "10000, 10500, 600, none"
  })
  void booksThatDoNotBalanceAreSaidSo(long found, long counted, long uncertain, String what) {
    Losses losses =
        FaultLosses.of(profile(found, 0, counted, uncertain), "ended", Optional.empty());

    assertThat(losses.remarks()).hasSize(what.equals("remark") ? 1 : 0);
    assertThat(losses.missing()).hasSize(what.equals("loss") ? 1 : 0);
    assertThat(losses.remarks().toString() + losses.missing())
        .contains(
            what.equals("none")
                ? "[][]"
                : "growth less what went is +10,000 pages by the page tables, +%,d by the kernel's"
                    .formatted(counted));
  }

  /** A static executable without symbols, for example. */
  @ParameterizedTest
  @CsvSource({"1000, 0, false", "990, 10, false", "989, 11, true"})
  void whereNoCallIsFollowedThatIsSaid(long explained, long unexplained, boolean isLoss) {
    FaultProfile profile = profile(explained, unexplained, explained + unexplained, 0);
    Losses losses = FaultLosses.of(profile, "ended", Optional.of("not found"));

    assertThat(isLoss ? losses.missing() : losses.remarks())
        .anyMatch(line -> line.contains("brk and mlock were not followed (not found): pages"));
    assertThat(isLoss ? losses.remarks() : losses.missing()).isEmpty();
  }

  @Test
  void onePageIsNoPages() {
    FaultProfile profile =
        profile(List.of(part(Cause.STACK_NOT_STORED, State.SWAPPED, 1)), new KernelCount(0, 0));

    assertThat(FaultLosses.of(profile, "ended", Optional.empty()).remarks())
        .containsExactly("1 page (4.0 KiB) came and is in swap now, under [swapped out]");
  }

  /** What happened since the last look has no part in the books, which are of that look. */
  @Test
  void ofAProcessThatEndedItIsSaidWhatWentAndCameSinceTheLastLook() {
    FaultProfile profile =
        new FaultProfile(
            List.of(part(Cause.PROBES, State.RESIDENT, 300)),
            20,
            1000,
            new KernelCount(1000, 0),
            Basis.BEFORE_END,
            new SinceLook(700, 100, 800, 0),
            true,
            noCounters(),
            0);

    assertThat(FaultLosses.of(profile, "ended", Optional.empty()).remarks()).isEmpty();
    assertThat(FaultLosses.of(profile, "ended", Optional.empty()).missing())
        .singleElement()
        .asString()
        .startsWith(
            "the process ended in the window: this is what was in memory 0.7 s before, less 800"
                + " pages that it gave back since, and 100 pages that came since (without pages");
  }

  @Test
  void whereRecordsWereLostNoCauseIsMadeUp() {
    FaultProfile profile =
        new FaultProfile(
            List.of(
                part(Cause.PROBES, State.RESIDENT, 990),
                part(Cause.NOT_RECORDED, State.RESIDENT, 10)),
            0,
            1000,
            new KernelCount(1000, 0),
            Basis.BEFORE_END,
            new SinceLook(700, 0, 0, 3),
            true,
            noCounters(),
            0);

    assertThat(FaultLosses.of(profile, "ended", Optional.empty()).remarks()).isEmpty();
    assertThat(FaultLosses.of(profile, "ended", Optional.empty()).missing())
        .satisfiesExactly(
            basis -> assertThat(basis).startsWith("the process ended in the window"),
            lost ->
                assertThat(lost)
                    .startsWith("3 calls that give pages back could not be followed")
                    .contains("0.7 s before the end"),
            unrecorded ->
                assertThat(unrecorded)
                    .startsWith("10 of 1,000 newly resident pages (40.0 KiB) have no record"));
  }

  @Test
  void whatIsNotCountedAsResidentIsSaid() {
    FaultProfile profile =
        profile(
            List.of(
                part(Cause.NO_FAULT, State.HUGETLB, 512), part(Cause.NO_FAULT, State.SWAPPED, 3)),
            new KernelCount(0, 0));

    assertThat(FaultLosses.of(profile, "ended", Optional.empty()).missing()).isEmpty();
    assertThat(FaultLosses.of(profile, "ended", Optional.empty()).remarks())
        .satisfiesExactly(
            huge -> assertThat(huge).startsWith("512 pages (2.0 MiB) of hugetlbfs"),
            swapped ->
                assertThat(swapped).startsWith("3 pages (12.0 KiB) came and are in swap now"));
  }

  private static FaultProfile profile(
      long explained, long unexplained, long counted, long uncertain) {
    return profile(
        unexplained == 0
            ? List.of(part(Cause.PROBES, State.RESIDENT, explained))
            : List.of(
                part(Cause.PROBES, State.RESIDENT, explained),
                part(Cause.NO_FAULT, State.RESIDENT, unexplained)),
        new KernelCount(counted, uncertain));
  }

  private static FaultProfile profile(List<PageGrowth> growth, KernelCount count) {
    long found =
        growth.stream()
            .filter(part -> part.state() == State.RESIDENT)
            .mapToLong(PageGrowth::pages)
            .sum();
    return new FaultProfile(
        growth, 0, found, count, Basis.SNAPSHOTS, SinceLook.NONE, true, noCounters(), 0);
  }

  private static Map<FaultStat, Long> noCounters() {
    Map<FaultStat, Long> counters = new EnumMap<>(FaultStat.class);
    for (FaultStat stat : FaultStat.values()) {
      counters.put(stat, 0L);
    }
    return counters;
  }

  private static PageGrowth part(Cause cause, State state, long pages) {
    return new PageGrowth(cause, Optional.empty(), PLACE, state, pages);
  }
}
