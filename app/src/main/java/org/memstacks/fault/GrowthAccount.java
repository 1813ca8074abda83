package org.memstacks.fault;

import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.IntFunction;
import java.util.function.LongFunction;
import org.memstacks.bpf.Layouts.PageChunk;
import org.memstacks.collect.RawStack;
import org.memstacks.fault.PageAttribution.Pages;
import org.memstacks.fault.PageGrowth.Cause;
import org.memstacks.fault.PageGrowth.State;
import org.memstacks.target.Pagemap;

/**
 * The account of a window: what was in memory at its begin, moved along with mremap, against what
 * is there at its end, each new page with the record of what brought it.
 */
final class GrowthAccount {
  private record Key(int record, Place place, State state) {}

  private final Map<State, PageRanges> begin = new EnumMap<>(State.class);
  private final Map<Key, long[]> pages = new HashMap<>();
  private final PageRanges seen = new PageRanges();
  private long atBegin;
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
  }

  /** Pages moved in the window, in the order they did. */
  void moved(long from, long count, long to) {
    begin.values().forEach(ranges -> ranges.move(from, count, to));
  }

  /** What is there at the window's end. */
  void end(Snapshot snapshot, PageAttribution attribution) {
    snapshot.forEach((mapping, first, end, kind) ->
        snapshot
            .state(mapping, kind)
            .ifPresent(state -> {
              Place place = snapshot.places().of(mapping, first, kind);
              Pages mapped =
                  new Pages(
                      mapping.start() >>> Pagemap.PAGE_SHIFT, mapping.end() >>> Pagemap.PAGE_SHIFT);
              count(
                  state,
                  first,
                  end,
                  (from, to) ->
                      attribution.attribute(
                          mapped,
                          from,
                          to,
                          kind,
                          (f, t, record) -> add(new Key(record, place, state), t - f)));
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

  private void add(Key key, long count) {
    pages.computeIfAbsent(key, k -> new long[1])[0] += count;
  }

  /**
   * Where the last look was not at the end, or there was none: records of pages that no look saw.
   * Pages that were only read are left out where that brings the zero page.
   *
   * @param places where a page lies; empty for pages that do not count
   * @return the number of pages
   */
  long records(PageRecords records, LongFunction<Optional<Place>> places) {
    long[] count = new long[1];
    records.forEach((page, record) -> {
      if (PageRecords.isSeen(record)
          && !begin.get(State.RESIDENT).contains(page)
          && !seen.contains(page)) {
        places
            .apply(page)
            .filter(place -> !(PageRecords.isRead(record) && place.readsAsZero()))
            .ifPresent(place -> {
              add(new Key(record & PageChunk.STACK_MASK, place, State.RESIDENT), 1);
              count[0]++;
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

  /**
   * The growth by stack and place.
   *
   * @param stacks by number
   */
  List<PageGrowth> growth(IntFunction<RawStack> stacks) {
    List<PageGrowth> result = new ArrayList<>(pages.size());
    pages.forEach((key, count) -> {
      int stack = key.record & PageChunk.STACK_MASK;
      Cause cause = cause(key);
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

  private static Cause cause(Key key) {
    if (key.place.isProbes()) {
      return Cause.PROBES;
    }
    if (key.record == 0) {
      return Cause.NO_FAULT;
    }
    return switch (key.record & PageChunk.STACK_MASK) {
      case PageChunk.NO_STACK -> Cause.STACK_NOT_STORED;
      case PageChunk.WORKER -> Cause.WORKER;
      default -> Cause.STACK;
    };
  }
}
