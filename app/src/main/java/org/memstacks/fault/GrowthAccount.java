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
import org.memstacks.fault.PageGrowth.Cause;
import org.memstacks.fault.PageGrowth.State;

/**
 * The account of a window: what was in memory at its begin, moved along with mremap, against what
 * is there at its end, each new page with the record of what brought it.
 */
final class GrowthAccount {
  private record Key(int record, Place place, State state) {}

  private final Map<State, PageRanges> begin = new EnumMap<>(State.class);
  private final Map<Key, long[]> pages = new HashMap<>();
  private final PageRanges seen = new PageRanges();
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
              Place place = Place.of(mapping, snapshot.threadStacks().contains(mapping.start()));
              count(place, state, first, end, kind, attribution);
            }));
  }

  private void count(
      Place place, State state, long first, long end, int kind, PageAttribution attribution) {
    seen.add(first, end);
    if (state == State.RESIDENT) {
      begin.get(state).forEach(first, end, (from, to) -> stillThere += to - from);
    }
    begin
        .get(state)
        .forEachMissing(
            first,
            end,
            (from, to) -> {
              if (state == State.SWAPPED) {
                // What was in memory is no growth when it is in swap now.
                begin
                    .get(State.RESIDENT)
                    .forEachMissing(from, to, (f, t) -> add(place, state, f, t, kind, attribution));
              } else {
                add(place, state, from, to, kind, attribution);
              }
            });
  }

  private void add(
      Place place, State state, long first, long end, int kind, PageAttribution attribution) {
    attribution.attribute(
        first,
        end,
        kind,
        (from, to, record) ->
            pages.computeIfAbsent(new Key(record, place, state), key -> new long[1])[0] +=
                to - from);
  }

  /**
   * Where the last look was not at the end, or there was none: records of pages that no look saw.
   *
   * @param places where a page lies; empty for pages that do not count
   * @return the number of pages
   */
  long records(PageRecords records, LongFunction<Optional<Place>> places) {
    long[] count = new long[1];
    records.forEach((page, record) -> {
      if (PageRecords.isAlive(record)
          && !begin.get(State.RESIDENT).contains(page)
          && !seen.contains(page)) {
        places
            .apply(page)
            .ifPresent(place -> {
              Key key = new Key(record, place, State.RESIDENT);
              pages.computeIfAbsent(key, k -> new long[1])[0]++;
              count[0]++;
            });
      }
    });
    return count[0];
  }

  /** Pages that were resident at the begin and are not at the end. */
  long gonePages() {
    return begin.get(State.RESIDENT).size() - stillThere;
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
      Cause cause =
          key.record == 0
              ? Cause.NO_FAULT
              : stack == PageChunk.NO_STACK ? Cause.STACK_NOT_STORED : Cause.STACK;
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
}
