package org.memstacks.fault;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** A set of pages, by number, as ranges. */
final class PageRanges {
  private final TreeMap<Long, Long> ends = new TreeMap<>();

  /** Adds the pages from {@code first} up to {@code end}, exclusive. */
  void add(long first, long end) {
    if (first >= end) {
      return;
    }
    remove(first, end);
    Map.Entry<Long, Long> before = ends.floorEntry(first);
    long from = before != null && before.getValue() == first ? before.getKey() : first;
    Long to = ends.remove(end);
    ends.put(from, to == null ? end : to);
  }

  /** Takes the pages from {@code first} up to {@code end}, exclusive, out. */
  void remove(long first, long end) {
    Map.Entry<Long, Long> before = ends.lowerEntry(first);
    if (before != null && before.getValue() > first) {
      ends.put(before.getKey(), first);
      if (before.getValue() > end) {
        ends.put(end, before.getValue());
      }
    }
    for (var inside = ends.ceilingEntry(first);
        inside != null && inside.getKey() < end;
        inside = ends.ceilingEntry(first)) {
      ends.remove(inside.getKey());
      if (inside.getValue() > end) {
        ends.put(end, inside.getValue());
      }
    }
  }

  /**
   * What is in the set of these pages now belongs elsewhere; what was there has gone.
   *
   * @param to first page of the new place
   */
  void move(long first, long pages, long to) {
    List<long[]> moved = new ArrayList<>();
    forEach(first, first + pages, (from, end) -> moved.add(new long[] {from, end}));
    remove(first, first + pages);
    remove(to, to + pages);
    for (long[] range : moved) {
      add(range[0] - first + to, range[1] - first + to);
    }
  }

  /** Takes a range of pages, from {@code first} up to {@code end}, exclusive. */
  @FunctionalInterface
  interface Visitor {
    void visit(long first, long end);
  }

  /** Visits, in ascending order, the parts of the set within these pages. */
  void forEach(long first, long end, Visitor visitor) {
    Map.Entry<Long, Long> at = ends.floorEntry(first);
    if (at == null || at.getValue() <= first) {
      at = ends.higherEntry(first);
    }
    while (at != null && at.getKey() < end) {
      visitor.visit(Math.max(at.getKey(), first), Math.min(at.getValue(), end));
      at = ends.higherEntry(at.getKey());
    }
  }

  /** Visits, in ascending order, the parts of these pages that are not in the set. */
  void forEachMissing(long first, long end, Visitor visitor) {
    long[] at = {first};
    forEach(
        first,
        end,
        (from, to) -> {
          if (from > at[0]) {
            visitor.visit(at[0], from);
          }
          at[0] = to;
        });
    if (at[0] < end) {
      visitor.visit(at[0], end);
    }
  }

  boolean contains(long page) {
    Map.Entry<Long, Long> range = ends.floorEntry(page);
    return range != null && range.getValue() > page;
  }

  /** Number of pages. */
  long size() {
    long size = 0;
    for (Map.Entry<Long, Long> range : ends.entrySet()) {
      size += range.getValue() - range.getKey();
    }
    return size;
  }
}
