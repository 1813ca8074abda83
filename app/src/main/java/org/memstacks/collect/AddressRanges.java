package org.memstacks.collect;

import java.util.Map;
import java.util.TreeMap;

/** Disjoint ranges of addresses in user space; ends are exclusive. */
final class AddressRanges {
  private final TreeMap<Long, Long> ends = new TreeMap<>();

  /** Joins what overlaps or touches. */
  void add(long start, long end) {
    if (start >= end) {
      return;
    }
    long first = start;
    long last = end;
    for (Map.Entry<Long, Long> near = ends.floorEntry(last);
        near != null && near.getValue() >= first;
        near = ends.floorEntry(last)) {
      first = Math.min(first, near.getKey());
      last = Math.max(last, near.getValue());
      ends.remove(near.getKey());
    }
    ends.put(first, last);
  }

  boolean contains(long address) {
    Map.Entry<Long, Long> range = ends.floorEntry(address);
    return range != null && address < range.getValue();
  }

  /** The range that holds an address; meaningful where one does. */
  Map.Entry<Long, Long> rangeOf(long address) {
    return ends.floorEntry(address);
  }

  boolean startAt(long address) {
    return ends.containsKey(address);
  }

  long lowest() {
    return ends.firstKey();
  }

  long highest() {
    return ends.lastEntry().getValue();
  }

  /** What of these lies between two addresses and in none of the others. */
  AddressRanges within(long from, long to, AddressRanges others) {
    AddressRanges rest = new AddressRanges();
    ends.forEach((start, end) -> {
      long at = Math.max(start, from);
      long last = Math.min(end, to);
      while (at < last) {
        if (others.contains(at)) {
          at = others.rangeOf(at).getValue();
        } else {
          Long next = others.ends.higherKey(at);
          long until = next == null ? last : Math.min(last, next);
          rest.add(at, until);
          at = until;
        }
      }
    });
    return rest;
  }
}
