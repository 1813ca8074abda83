package org.memstacks.mapping;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;

/**
 * Ranges of user addresses that do not overlap, each with a value.
 *
 * @param <T> the values' type
 */
public final class RangeMap<T> {
  /** Addresses from start up to end, exclusive. */
  public record Range<T>(long start, long end, T value) {
    /** How many addresses it has. */
    public long bytes() {
      return end - start;
    }

    /** The part of it within these bounds. */
    Range<T> within(long from, long to) {
      return new Range<>(Math.max(start, from), Math.min(end, to), value);
    }

    Range<T> moved(long by) {
      return new Range<>(start + by, end + by, value);
    }
  }

  /* By start. User addresses are not negative. */
  private final TreeMap<Long, Range<T>> ranges = new TreeMap<>();

  /** Takes out what lies in [start, end), and gives the parts by ascending address. */
  public List<Range<T>> cut(long start, long end) {
    List<Range<T>> parts = new ArrayList<>();
    Map.Entry<Long, Range<T>> before = ranges.lowerEntry(start);
    if (before != null && before.getValue().end() > start) {
      parts.add(split(before.getValue(), start, end));
    }
    NavigableMap<Long, Range<T>> inside = ranges.subMap(start, true, end, false);
    while (!inside.isEmpty()) {
      parts.add(split(inside.firstEntry().getValue(), start, end));
    }
    return parts;
  }

  /** Takes out what of this range lies in [start, end), and gives it; the rest stays. */
  private Range<T> split(Range<T> range, long start, long end) {
    ranges.remove(range.start());
    if (range.start() < start) {
      put(range.within(range.start(), start));
    }
    if (range.end() > end) {
      put(range.within(end, range.end()));
    }
    return range.within(start, end);
  }

  /** Puts [start, end) in, over whatever lies there. */
  public void set(long start, long end, T value) {
    cut(start, end);
    put(new Range<>(start, end, value));
  }

  /** Puts in what of a range nothing else lies over. */
  void fill(Range<T> range) {
    long from = range.start();
    Map.Entry<Long, Range<T>> before = ranges.lowerEntry(from);
    if (before != null) {
      from = Math.max(from, before.getValue().end());
    }
    List<Range<T>> free = new ArrayList<>();
    for (Range<T> other : ranges.subMap(range.start(), true, range.end(), false).values()) {
      if (from < other.start()) {
        free.add(range.within(from, other.start()));
      }
      from = other.end();
    }
    if (from < range.end()) {
      free.add(range.within(from, range.end()));
    }
    free.forEach(this::put);
  }

  private void put(Range<T> range) {
    ranges.put(range.start(), range);
  }

  /** By ascending address. */
  public Iterable<Range<T>> all() {
    return ranges.values();
  }

  /** Of all ranges together. */
  public long bytes() {
    return ranges.values().stream().mapToLong(Range::bytes).sum();
  }

  public int size() {
    return ranges.size();
  }

  void clear() {
    ranges.clear();
  }
}
