package org.memstacks.fault;

import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import org.memstacks.bpf.Layouts.PageChunk;

/**
 * What the kernel programs recorded for each page: chunks of neighbours. A record is 0, or a
 * stack's number + 1, see {@link PageChunk}.
 */
final class PageRecords {
  private final Map<Long, int[]> chunks = new HashMap<>();

  /**
   * Takes a chunk in; of two for the same pages each page's record is kept.
   *
   * @param number first page / {@link PageChunk#PAGES}
   * @param records one for each page
   */
  void add(long number, int[] records) {
    int[] known = chunks.putIfAbsent(number, records);
    if (known != null) {
      for (int i = 0; i < known.length; i++) {
        if (known[i] == 0) {
          known[i] = records[i];
        }
      }
    }
  }

  /** The same, to be changed apart from this. */
  PageRecords copy() {
    PageRecords copy = new PageRecords();
    chunks.forEach((number, records) -> copy.chunks.put(number, records.clone()));
    return copy;
  }

  void set(long page, int record) {
    chunks
            .computeIfAbsent(page / PageChunk.PAGES, number -> new int[PageChunk.PAGES])[
            (int) (page % PageChunk.PAGES)] =
        record;
  }

  /** Removes the records of pages from {@code first} up to {@code end}, exclusive. */
  void clear(long first, long end) {
    forEach(first, end, (page, record) -> set(page, 0));
  }

  /** The record of a page; 0 when it has none. */
  int of(long page) {
    int[] chunk = chunks.get(page / PageChunk.PAGES);
    return chunk == null ? 0 : chunk[(int) (page % PageChunk.PAGES)];
  }

  /** Whether this record is one of a page that is there. */
  static boolean isAlive(int record) {
    return record != 0 && (record & PageChunk.GONE) == 0;
  }

  /** Whether this record is one of a page that was seen to come. */
  static boolean isSeen(int record) {
    return isAlive(record) && (record & PageChunk.BUFFER) == 0;
  }

  /** Whether this record is one of a read of a page that was not there. */
  static boolean isRead(int record) {
    return (record & PageChunk.READ) != 0;
  }

  /** Takes a page with a record. */
  @FunctionalInterface
  interface Visitor {
    void visit(long page, int record);
  }

  /** Visits the records of pages from {@code first} up to {@code end}, exclusive, ascending. */
  void forEach(long first, long end, Visitor visitor) {
    for (long page = first; page < end; ) {
      int[] chunk = chunks.get(page / PageChunk.PAGES);
      long next = Math.min(end, (page / PageChunk.PAGES + 1) * PageChunk.PAGES);
      if (chunk != null) {
        for (long p = page; p < next; p++) {
          int record = chunk[(int) (p % PageChunk.PAGES)];
          if (record != 0) {
            visitor.visit(p, record);
          }
        }
      }
      page = next;
    }
  }

  /** Visits all records, in no particular order. */
  void forEach(Visitor visitor) {
    for (Map.Entry<Long, int[]> chunk : chunks.entrySet()) {
      long first = chunk.getKey() * PageChunk.PAGES;
      forEach(first, first + PageChunk.PAGES, visitor);
    }
  }

  @Override
  public String toString() {
    StringBuilder text = new StringBuilder();
    chunks.forEach((number, records) ->
        text.append(number).append(' ').append(Arrays.toString(records)).append('\n'));
    return text.toString();
  }
}
