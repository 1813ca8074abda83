package org.memstacks.mapping;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.memstacks.bpf.Layouts;
import org.memstacks.mapping.MappingEvent.Call;
import org.memstacks.mapping.MappingEvent.Owner;

/** Addresses and lengths are in pages; a stack stands for who mapped something. */
class MappingLedgerTest {
  private static final long PAGE = 4096;
  private static final int DONTUNMAP = 4;
  private static final int MREMAP_FIXED = 2;
  private static final int MAP_FIXED = 0x10;
  private static final int HUGETLB = 0x40000;
  private static final int BROTHERS = 3;

  private final MappingLedger ledger = new MappingLedger(2 << 20, 1000);

  @Test
  void whatIsUnmappedInPartStaysForTheRest() {
    map(1, 10, 16);
    unmap(14, 4);
    assertThat(mapped()).containsExactly("1: 10+4", "1: 18+8");
    unmap(8, 4);
    assertThat(mapped()).containsExactly("1: 12+2", "1: 18+8");
    unmap(0, 100);
    assertThat(mapped()).isEmpty();
  }

  @Test
  void lengthsAreRoundedUpToPages() {
    apply(Layouts.MappingEvent.MAPPED, 1, 0, 10 * PAGE, 100);
    assertThat(mapped()).containsExactly("1: 10+1");
    map(2, 20, 2);
    apply(Layouts.MappingEvent.UNMAPPING, 0, 0, 20 * PAGE, 1);
    assertThat(mapped()).containsExactly("1: 10+1", "2: 21+1");
  }

  @Test
  void hugePagesAreRoundedUpToTheirs() {
    apply(Layouts.MappingEvent.MAPPED, 1, HUGETLB, 0, 100);
    apply(Layouts.MappingEvent.MAPPED, 2, HUGETLB | 16 << 26, 1 << 30, 100);
    assertThat(mapped()).containsExactly("1: 0+512", "2: 262144+16");
  }

  @Test
  void whatIsMappedOverSomethingTakesItsPlace() {
    map(1, 10, 10);
    map(2, 12, 3);
    map(3, 8, 3);
    assertThat(mapped()).containsExactly("3: 8+3", "1: 11+1", "2: 12+3", "1: 15+5");
  }

  @Test
  void whatAnUnmappingThatFailsTookOutComesBackWhereNothingElseIs() {
    map(1, 10, 4);
    apply(Layouts.MappingEvent.UNMAPPING, 0, 0, 10 * PAGE, 4 * PAGE);
    assertThat(mapped()).isEmpty();
    map(2, 11, 1);
    apply(Layouts.MappingEvent.FAILED, 0, 0, 0, 0);
    assertThat(mapped()).containsExactly("1: 10+1", "2: 11+1", "1: 12+2");
  }

  @Test
  void anotherCallsFailureRestoresNothing() {
    map(1, 10, 4);
    apply(Layouts.MappingEvent.UNMAPPING, 0, 0, 10 * PAGE, 4 * PAGE);
    ledger.apply(event(Layouts.MappingEvent.FAILED, 0, 0, new Call(0, 7), 0, 0));
    ledger.apply(event(Layouts.MappingEvent.FAILED, 0, 0, new Call(1, 0), 0, 0));
    assertThat(mapped()).isEmpty();
  }

  /** A loop calls munmap at the same depth of the stack each time. */
  @Test
  void anUnmappingThatFailsBringsNothingBackOfOneThatSucceededBefore() {
    for (long[] impossible :
        new long[][] {{10 * PAGE, 0}, {10 * PAGE + 1, PAGE}, {-1, PAGE}, {10 * PAGE, -1}}) {
      map(1, 10, 4);
      apply(Layouts.MappingEvent.UNMAPPING, 0, 0, 10 * PAGE, 4 * PAGE);
      apply(Layouts.MappingEvent.UNMAPPING, 0, 0, impossible[0], impossible[1]);
      apply(Layouts.MappingEvent.FAILED, 0, 0, 0, 0);
      assertThat(mapped()).isEmpty();
      assertThat(ledger.olderGone()).as("nor was it of another's memory").isZero();
    }
  }

  @Test
  void whatIsMovedStaysItsMappersAndWhatIsAddedIsTheMovers() {
    map(1, 10, 4);
    move(10, 4, 0);
    assertThat(mapped()).as("until it is there").containsExactly("1: 10+4");
    moved(9, 100, 6, 0);
    assertThat(mapped()).containsExactly("1: 100+4", "9: 104+2");
    move(100, 6, 0);
    moved(8, 100, 5, 0);
    assertThat(mapped()).as("made smaller").containsExactly("1: 100+4", "9: 104+1");
  }

  @Test
  void anotherThreadMayTakeThePlaceOfWhatIsBeingMoved() {
    map(1, 10, 4);
    move(10, 4, 0);
    ledger.apply(event(Layouts.MappingEvent.MAPPED, 2, 0, new Call(1, 0), 10 * PAGE, 4 * PAGE));
    moved(9, 100, 4, 0);
    assertThat(mapped()).containsExactly("2: 10+4", "1: 100+4");
  }

  @Test
  void whatCannotBeMovedStaysWhereItIs() {
    map(1, 10, 4);
    move(10, 4, 0);
    apply(Layouts.MappingEvent.FAILED, 0, 0, 0, 0);
    assertThat(mapped()).containsExactly("1: 10+4");
  }

  @Test
  void aMoveThatLeavesTheOldPlaceMappedAddsTheNewOne() {
    map(1, 10, 4);
    move(10, 4, DONTUNMAP);
    moved(9, 100, 4, DONTUNMAP);
    move(10, 0, 0);
    moved(8, 200, 3, 0);
    assertThat(mapped()).containsExactly("1: 10+4", "9: 100+4", "8: 200+3");
  }

  @Test
  void ofWhatWasMappedUnseenOnlyTheGrowthIsKnown() {
    move(10, 4, 0);
    moved(9, 100, 6, 0);
    assertThat(mapped()).containsExactly("-1: 100+4", "9: 104+2");
  }

  @Test
  void theHeapBelongsPieceByPieceToWhoMovedItsEnd() {
    moveBreak(1, 10 * PAGE + 100, 12 * PAGE);
    moveBreak(2, 12 * PAGE, 12 * PAGE + 1);
    moveBreak(3, 12 * PAGE + 1, 12 * PAGE + 9);
    assertThat(mapped()).containsExactly("1: 11+1", "2: 12+1");
    moveBreak(4, 12 * PAGE + 9, 11 * PAGE + 1);
    assertThat(mapped()).containsExactly("1: 11+1");
  }

  @Test
  void withAProgramItsMappingsGo() {
    map(1, 10, 4);
    ledger.programs(1);
    assertThat(mapped()).isEmpty();
    ledger.apply(
        new MappingEvent(
            Layouts.MappingEvent.MAPPED,
            new Owner(2, 0, PAGE, true),
            0,
            new Call(0, 0),
            2,
            20 * PAGE,
            PAGE));
    assertThat(mapped()).containsExactly("2: 20+1");
  }

  @Test
  void nonsenseChangesNothing() {
    map(1, 10, 4);
    for (long[] range :
        new long[][] {
          {10 * PAGE + 1, PAGE},
          {10 * PAGE, 0},
          {10 * PAGE, -1},
          {10 * PAGE, Long.MIN_VALUE},
          {-PAGE, 1 << 20},
          {Long.MAX_VALUE, Long.MAX_VALUE}
        }) {
      apply(Layouts.MappingEvent.UNMAPPING, 0, 0, range[0], range[1]);
      apply(Layouts.MappingEvent.MAPPED, 7, 0, range[0] == 10 * PAGE ? 1 : range[0], range[1]);
      moveBreak(7, range[0], range[0]);
    }
    assertThat(mapped()).containsExactly("1: 10+4");
  }

  @Test
  void mappingsBeyondTheLimitAreCountedAsRefused() {
    MappingLedger small = new MappingLedger(2 << 20, 2);
    for (int i = 0; i < 5; i++) {
      small.apply(
          event(Layouts.MappingEvent.MAPPED, 1, 0, new Call(0, 0), 10L * i * PAGE, 2 * PAGE));
    }
    assertThat(small.refused()).isEqualTo(3);
    assertThat(small.refusedBytes()).isEqualTo(6 * PAGE);
    assertThat(small.added()).isEqualTo(2);
  }

  @Test
  void olderMemoryGoesByMunmapMmapAndMremap() {
    before(10, 40);
    unmap(10, 2);
    assertThat(ledger.olderGone()).isEqualTo(1);
    apply(Layouts.MappingEvent.MAPPED, 1, MAP_FIXED, 14 * PAGE, 2 * PAGE);
    assertThat(ledger.olderGone()).as("replaced by mmap").isEqualTo(2);
    map(2, 100, 2);
    move(100, 2, MREMAP_FIXED);
    moved(2, 18, 2, MREMAP_FIXED);
    assertThat(ledger.olderGone()).as("replaced by mremap").isEqualTo(3);
    unmap(14, 2);
    unmap(18, 2);
    apply(Layouts.MappingEvent.MAPPED, 1, MAP_FIXED, 10 * PAGE, 2 * PAGE);
    assertThat(ledger.olderGone()).as("new memory is not older, nor a gap").isEqualTo(3);
    move(20, 2, 0);
    moved(3, 200, 2, 0);
    assertThat(ledger.olderGone()).as("moved").isEqualTo(3);
    unmap(200, 2);
    assertThat(ledger.olderGone()).as("older wherever it was moved").isEqualTo(4);
  }

  @Test
  void olderMemoryThatGoesAtOnceCountsByTheSizeOfNewMappings() {
    before(1000, 2000);
    for (int i = 0; i < 100; i++) {
      map(1, 10 + 2 * i, 2);
    }
    map(1, 1 << 20, 1 << 15);
    unmap(1000, 100);
    assertThat(ledger.olderGone()).isBetween(45L, 50L);
    unmap(0, 1000);
    assertThat(ledger.olderGone()).as("new ones").isBetween(45L, 50L);
    unmap(1000, 1000);
    assertThat(ledger.olderGone()).as("too much to be the like of them").isBetween(46L, 51L);
  }

  @Test
  void whatWasMerelyReservedIsNoOlderMemory() {
    before(10, 20);
    apply(Layouts.MappingEvent.MAPPED, 1, MAP_FIXED, 30 * PAGE, 2 * PAGE);
    unmap(40, 10);
    assertThat(ledger.olderGone()).isZero();
  }

  @Test
  void whatTheKernelChoseToMapOverHadGoneUnseen() {
    before(10, 20);
    map(1, 10, 4);
    assertThat(ledger.olderGone()).isZero();
    unmap(10, 4);
    assertThat(ledger.olderGone()).isZero();
  }

  @Test
  void withoutKnowingWhereOlderMemoryIsEachUnmappingElsewhereCounts() {
    map(1, 10, 4);
    unmap(10, 4);
    assertThat(ledger.olderGone()).isZero();
    unmap(30, 4);
    assertThat(ledger.olderGone()).isEqualTo(1);
    apply(Layouts.MappingEvent.FAILED, 0, 0, 0, 0);
    assertThat(ledger.olderGone()).as("it failed").isZero();
  }

  @Test
  void olderMemoryThatCouldNotBeUnmappedStays() {
    before(10, 20);
    map(1, 30, 2);
    unmap(10, 10);
    assertThat(ledger.olderGone()).isEqualTo(5);
    apply(Layouts.MappingEvent.FAILED, 0, 0, 0, 0);
    assertThat(ledger.olderGone()).isZero();
    unmap(10, 10);
    assertThat(ledger.olderGone()).isEqualTo(5);
  }

  /** Random calls of several threads, whose begins and ends interleave, in a small space. */
  @Test
  void theAccountIsThatOfAModelThatKnowsPagesAlone() {
    Random random = new Random(20260);
    for (int round = 0; round < 300; round++) {
      MappingLedger account = new MappingLedger(2 << 20, 1000);
      PageModel model = new PageModel();
      Call[] open = new Call[BROTHERS];
      int[] kind = new int[BROTHERS];
      int number = 0;
      for (int step = 0; step < 150; step++) {
        int thread = random.nextInt(BROTHERS);
        MappingEvent event;
        if (open[thread] != null && random.nextInt(3) > 0) {
          event = end(random, kind[thread], open[thread], ++number);
          open[thread] = null;
        } else if (open[thread] != null) {
          continue;
        } else {
          int what = 1 + random.nextInt(6);
          if (what == Layouts.MappingEvent.MOVED || what == Layouts.MappingEvent.FAILED) {
            continue;
          }
          Call call = new Call(thread, random.nextInt(2));
          event = begin(random, what, call, ++number);
          if (what == Layouts.MappingEvent.UNMAPPING || what == Layouts.MappingEvent.MOVING) {
            open[thread] = call;
            kind[thread] = what;
          }
        }
        if (event != null) {
          account.apply(event);
          model.apply(event);
        }
        assertThat(pages(account))
            .as("round %d, step %d: %s", round, step, event)
            .isEqualTo(model.pages());
      }
    }
  }

  private static MappingEvent begin(Random random, int kind, Call call, int owner) {
    long first = random.nextInt(40);
    long second = random.nextInt(40);
    if (kind == Layouts.MappingEvent.BREAK) {
      return event(
          kind,
          owner,
          0,
          call,
          60 * PAGE + random.nextInt(20000),
          60 * PAGE + random.nextInt(20000));
    }
    int flags = random.nextInt(8) == 0 ? DONTUNMAP : 0;
    int flagsOfMap = 0;
    return event(
        kind,
        owner,
        kind == Layouts.MappingEvent.MOVING ? flags : flagsOfMap,
        call,
        first * PAGE,
        (second % 12) * PAGE + random.nextInt(2));
  }

  /** Of an unmapping that is done nothing more is heard. */
  private static MappingEvent end(Random random, int kind, Call call, int owner) {
    boolean fails = random.nextInt(4) == 0;
    if (fails) {
      return event(Layouts.MappingEvent.FAILED, 0, 0, call, 0, 0);
    }
    return kind == Layouts.MappingEvent.UNMAPPING
        ? null
        : event(
            Layouts.MappingEvent.MOVED,
            owner,
            0,
            call,
            random.nextInt(40) * PAGE,
            (1 + random.nextInt(12)) * PAGE);
  }

  /** The same account, a page at a time. */
  private static final class PageModel {
    private final Map<Long, Integer> owners = new HashMap<>();
    private final Map<Call, Map<Long, Integer>> moving = new HashMap<>();
    private final Map<Call, long[]> from = new HashMap<>();
    private final Map<Integer, Map<Long, Integer>> unmapped = new HashMap<>();
    private final Map<Integer, Call> unmapper = new HashMap<>();

    void apply(MappingEvent event) {
      long first = event.address() / PAGE;
      long count = Math.ceilDiv(event.length(), PAGE);
      int owner = event.owner().stack();
      switch (event.kind()) {
        case Layouts.MappingEvent.MAPPED -> {
          for (long page = first; page < first + count; page++) {
            owners.put(page, owner);
          }
        }
        case Layouts.MappingEvent.UNMAPPING -> {
          unmapped.put(event.call().thread(), take(first, count));
          unmapper.put(event.call().thread(), event.call());
        }
        case Layouts.MappingEvent.MOVING -> {
          boolean stays = count == 0 || event.flags() == DONTUNMAP;
          moving.put(event.call(), stays ? Map.of() : take(first, count));
          from.put(event.call(), new long[] {first, stays ? 0 : count});
        }
        case Layouts.MappingEvent.MOVED -> {
          long[] old = from.remove(event.call());
          Map<Long, Integer> parts = moving.remove(event.call());
          take(first, count);
          for (long i = 0; i < count; i++) {
            Integer mover = i < old[1] ? parts.get(old[0] + i) : Integer.valueOf(owner);
            owners.put(first + i, mover == null ? Integer.valueOf(Layouts.STACK_ID_NONE) : mover);
          }
        }
        case Layouts.MappingEvent.FAILED -> {
          Map<Long, Integer> back = moving.remove(event.call());
          if (back == null && event.call().equals(unmapper.get(event.call().thread()))) {
            unmapper.remove(event.call().thread());
            back = unmapped.remove(event.call().thread());
          }
          if (back != null) {
            back.forEach(owners::putIfAbsent);
          }
        }
        default -> {
          long now = Math.ceilDiv(event.address(), PAGE);
          long before = Math.ceilDiv(event.length(), PAGE);
          for (long page = now; page < before; page++) {
            owners.remove(page);
          }
          for (long page = before; page < now; page++) {
            owners.put(page, owner);
          }
        }
      }
    }

    private Map<Long, Integer> take(long first, long count) {
      Map<Long, Integer> taken = new HashMap<>();
      for (long page = first; page < first + count; page++) {
        Integer owner = owners.remove(page);
        if (owner != null) {
          taken.put(page, owner);
        }
      }
      return taken;
    }

    List<String> pages() {
      List<String> pages = new ArrayList<>();
      owners.forEach((page, owner) -> pages.add(page + " " + owner));
      moving.values().forEach(part -> part.forEach((page, owner) -> pages.add(page + " " + owner)));
      pages.sort(null);
      return pages;
    }
  }

  private static List<String> pages(MappingLedger account) {
    List<String> pages = new ArrayList<>();
    account.forEach((address, bytes, owner) -> {
      for (long page = address / PAGE; page < (address + bytes) / PAGE; page++) {
        pages.add(page + " " + owner.stack());
      }
    });
    pages.sort(null);
    return pages;
  }

  private List<String> mapped() {
    List<String> pieces = new ArrayList<>();
    ledger.forEach((address, bytes, owner) ->
        pieces.add(owner.stack() + ": " + address / PAGE + "+" + bytes / PAGE));
    return pieces;
  }

  private void before(long from, long to) {
    RangeMap<String> ranges = new RangeMap<>();
    ranges.set(from * PAGE, to * PAGE, "memory");
    ledger.before(ranges);
  }

  private void map(int stack, long page, long pages) {
    apply(Layouts.MappingEvent.MAPPED, stack, 0, page * PAGE, pages * PAGE);
  }

  private void unmap(long page, long pages) {
    apply(Layouts.MappingEvent.UNMAPPING, 0, 0, page * PAGE, pages * PAGE);
  }

  private void move(long page, long pages, int flags) {
    apply(Layouts.MappingEvent.MOVING, 0, flags, page * PAGE, pages * PAGE);
  }

  private void moved(int stack, long page, long pages, int flags) {
    apply(Layouts.MappingEvent.MOVED, stack, flags, page * PAGE, pages * PAGE);
  }

  private void moveBreak(int stack, long before, long now) {
    apply(Layouts.MappingEvent.BREAK, stack, 0, now, before);
  }

  private void apply(int kind, int stack, int flags, long address, long length) {
    ledger.apply(event(kind, stack, flags, new Call(0, 0), address, length));
  }

  private static MappingEvent event(
      int kind, int stack, int flags, Call call, long address, long length) {
    return new MappingEvent(
        kind, new Owner(stack, 0, length, true), flags, call, 0, address, length);
  }
}
