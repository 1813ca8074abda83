package org.memstacks.fault;

import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.IntFunction;
import java.util.function.LongFunction;
import java.util.stream.LongStream;
import org.memstacks.bpf.Layouts.PageChunk;
import org.memstacks.collect.RawStack;
import org.memstacks.fault.PageAttribution.Pages;
import org.memstacks.fault.PageGrowth.Cause;
import org.memstacks.fault.PageGrowth.State;
import org.memstacks.target.Pagemap;

/**
 * The account of a window: what was in memory at its begin, moved along with mremap, against what
 * is there at its end, each new page with the record of what brought it. Where the last look was
 * before the end, what it saw is moved along, too, and what was given back since is left out.
 */
final class GrowthAccount implements PageChanges.Taker {
  private record Key(int record, Place place, State state) {}

  private final Map<State, PageRanges> begin = new EnumMap<>(State.class);
  private final Map<Key, long[]> pages = new HashMap<>();
  private final PageRanges seen = new PageRanges();
  private Whereabouts sinceLook = new Whereabouts();
  private long begunAt = Long.MAX_VALUE;
  private long lookedAt = Long.MAX_VALUE;
  private long endedAt = Long.MAX_VALUE;
  private long atBegin;
  private long atLastLook;
  private long givenBack;
  private long stillThere;

  GrowthAccount() {
    for (State state : State.values()) {
      begin.put(state, new PageRanges());
    }
  }

  /** What was there when the window began. */
  void begin(Snapshot snapshot) {
    snapshot.forEach((mapping, first, end, kind) ->
        snapshot.state(mapping, kind).ifPresent(state -> begin.get(state).add(first, end)));
    atBegin = begin.get(State.RESIDENT).size();
    begunAt = snapshot.scannedAt();
    looked(begunAt);
  }

  /**
   * Another look was taken, which may be the last one: only what happens to pages after it matters
   * to what it saw.
   *
   * @param time of the look, in nanoseconds as System.nanoTime has it
   */
  void looked(long time) {
    sinceLook = new Whereabouts();
    lookedAt = time;
  }

  /** The window ended at this time: what happens to pages after it does not count. */
  void ended(long time) {
    endedAt = time;
  }

  @Override
  public void moved(long from, long count, long to, long time) {
    if (time > begunAt && time <= endedAt) {
      begin.values().forEach(ranges -> ranges.move(from, count, to));
    }
    if (time > lookedAt && time <= endedAt) {
      sinceLook.move(from, count, to);
    }
  }

  @Override
  public void dropped(long first, long count, long time) {
    if (time > lookedAt && time <= endedAt) {
      sinceLook.drop(first, first + count);
    }
  }

  /** Calls that gave pages back since the last look and could not be kept in mind. */
  long lostDrops() {
    return sinceLook.lost();
  }

  /**
   * What is there at the window's end.
   *
   * <p>A page that the last look saw though it was given back before, and which came no more, was
   * just about to go: a call is seen to begin a moment before the kernel does as it says.
   *
   * @param snapshot the last look
   * @param records as they are at the end
   * @param attributions by records of where pages lay in the last look
   */
  void end(
      Snapshot snapshot, PageRecords records, Function<PageRecords, PageAttribution> attributions) {
    Whereabouts.Then then = sinceLook.then();
    PageRecords moved = then.records(records);
    PageAttribution attribution = attributions.apply(moved);
    snapshot.forEach((mapping, first, end, kind) ->
        snapshot
            .state(mapping, kind)
            .ifPresent(state -> {
              Place place = snapshot.places().of(mapping, first, kind);
              Pages mapped =
                  new Pages(
                      mapping.start() >>> Pagemap.PAGE_SHIFT,
                      mapping.end() >>> Pagemap.PAGE_SHIFT,
                      mapping.inode() == 0);
              atLastLook += state == State.RESIDENT ? end - first : 0;
              givenBack += state == State.RESIDENT ? end - first : 0;
              then.forEach(
                  first,
                  end,
                  (f, e, shift) -> {
                    givenBack -= state == State.RESIDENT ? e - f : 0;
                    count(
                        state,
                        f + shift,
                        e + shift,
                        (from, to) ->
                            attribution.attribute(
                                mapped,
                                from - shift,
                                to - shift,
                                kind,
                                (p, q, record) -> {
                                  long gone = record == 0 ? goneSince(moved, p, q) : 0;
                                  givenBack += state == State.RESIDENT ? gone : 0;
                                  add(new Key(record, place, state), q - p - gone);
                                }));
                  });
            }));
  }

  private void count(State state, long first, long end, PageRanges.Visitor arrived) {
    seen.add(first, end);
    if (state == State.RESIDENT) {
      begin.get(state).forEach(first, end, (from, to) -> stillThere += to - from);
    }
    // What was in memory is no growth when it is in swap now.
    begin
        .get(state)
        .forEachMissing(
            first,
            end,
            state != State.SWAPPED
                ? arrived
                : (from, to) -> begin.get(State.RESIDENT).forEachMissing(from, to, arrived));
  }

  /**
   * Of pages of the last look, which nothing explains: those that went, where it was not the end.
   */
  private long goneSince(PageRecords moved, long first, long end) {
    boolean isOfEnd = endedAt == lookedAt;
    return isOfEnd
        ? 0
        : LongStream.range(first, end).filter(page -> PageRecords.isGone(moved.of(page))).count();
  }

  private void add(Key key, long count) {
    if (count == 0) {
      return;
    }
    pages.computeIfAbsent(key, k -> new long[1])[0] += count;
  }

  /**
   * Where the last look was not at the end, or there was none: records of pages that no look saw.
   * Pages that were only read are left out where that brings the zero page. What was there at the
   * begin, and came again, is no growth.
   *
   * @param places where a page lies; empty for pages that do not count
   * @return the number of pages that are growth
   */
  long records(PageRecords records, LongFunction<Optional<Place>> places) {
    long[] count = new long[1];
    records.forEach((page, record) -> {
      if (PageRecords.isSeen(record) && !seen.contains(page)) {
        places
            .apply(page)
            .filter(place -> !(PageRecords.isRead(record) && place.readsAsZero()))
            .ifPresent(place -> {
              if (begin.get(State.RESIDENT).contains(page)) {
                stillThere++;
              } else {
                add(new Key(record & PageChunk.STACK_MASK, place, State.RESIDENT), 1);
                count[0]++;
              }
            });
      }
    });
    return count[0];
  }

  /**
   * Pages that were resident at the begin and are not at the end, those among them over which
   * others were moved.
   */
  long gonePages() {
    return atBegin - stillThere;
  }

  /** By how many pages the resident set changed from the first look to the last. */
  long residentChange() {
    return atLastLook - atBegin;
  }

  /** Resident pages of the last look that were given back since. */
  long givenBack() {
    return givenBack;
  }

  /**
   * The growth by stack and place.
   *
   * @param stacks by number
   * @param recordsLost whether there may have been records of pages that have none
   */
  List<PageGrowth> growth(IntFunction<RawStack> stacks, boolean recordsLost) {
    List<PageGrowth> result = new ArrayList<>(pages.size());
    pages.forEach((key, count) -> {
      int stack = key.record & PageChunk.STACK_MASK;
      Cause cause = cause(key, recordsLost);
      result.add(
          new PageGrowth(
              cause,
              cause == Cause.STACK ? Optional.of(stacks.apply(stack - 1)) : Optional.empty(),
              key.place,
              key.state,
              count[0]));
    });
    return result;
  }

  private static Cause cause(Key key, boolean recordsLost) {
    if (key.place.isProbes()) {
      return Cause.PROBES;
    }
    if (key.record == 0) {
      return recordsLost ? Cause.NOT_RECORDED : Cause.NO_FAULT;
    }
    return switch (key.record & PageChunk.STACK_MASK) {
      case PageChunk.NO_STACK -> Cause.STACK_NOT_STORED;
      case PageChunk.WORKER -> Cause.WORKER;
      default -> Cause.STACK;
    };
  }
}
