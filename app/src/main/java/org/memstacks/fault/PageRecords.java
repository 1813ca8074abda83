package org.memstacks.fault;

import java.util.HashMap;
import java.util.Map;
import org.memstacks.bpf.Layouts.PageChunk;

/**
 * What the kernel programs recorded for each page: chunks of neighbours. A record is 0, or a
 * stack's number + 1, see {@link PageChunk}; without a stack it tells what became of a page that a
 * fault on another one brought.
 */
final class PageRecords {
  private final Map<Long, Chunk> chunks = new HashMap<>();

  private record Chunk(int[] records, First first, First firstWrite) {}

  /**
   * The first record of a chunk.
   *
   * @param record 0 when there is none
   * @param nanos when it was made, CLOCK_MONOTONIC
   */
  record First(int record, long nanos) {
    static final First NONE = new First(0, 0);

    First earlier(First other) {
      return other.record == 0 || record != 0 && nanos <= other.nanos ? this : other;
    }
  }

  /**
   * Takes a chunk in; of two for the same pages each page's record is kept.
   *
   * @param number first page / {@link PageChunk#PAGES}
   * @param records one for each page
   * @param first since the block that it is part of was last dropped as a whole
   * @param firstWrite likewise, of those that are no reads
   */
  void add(long number, int[] records, First first, First firstWrite) {
    Chunk known = chunks.putIfAbsent(number, new Chunk(records, first, firstWrite));
    if (known != null) {
      for (int i = 0; i < records.length; i++) {
        if (known.records[i] == 0) {
          known.records[i] = records[i];
        }
      }
      chunks.put(
          number,
          new Chunk(
              known.records, known.first.earlier(first), known.firstWrite.earlier(firstWrite)));
    }
  }

  /** The same, to be changed apart from this. */
  PageRecords copy() {
    PageRecords copy = new PageRecords();
    chunks.forEach((number, chunk) ->
        copy.chunks.put(number, new Chunk(chunk.records.clone(), chunk.first, chunk.firstWrite)));
    return copy;
  }

  /**
   * Pages from {@code first} up to {@code end}, exclusive, get the records of those that lie {@code
   * shift} further in {@code source}.
   */
  void take(PageRecords source, long first, long end, long shift) {
    forEach(first, end, (page, record) -> set(page, 0));
    source.forEach(first + shift, end + shift, (page, record) -> set(page - shift, record));
    if (shift % PageChunk.PAGES != 0) {
      return;
    }
    long chunksAway = shift / PageChunk.PAGES;
    for (long at = first / PageChunk.PAGES; at <= (end - 1) / PageChunk.PAGES; at++) {
      Chunk there = source.chunks.get(at + chunksAway);
      if (there != null) {
        chunks.computeIfPresent(
            at, (number, chunk) -> new Chunk(chunk.records, there.first, there.firstWrite));
      }
    }
  }

  private void set(long page, int record) {
    chunks.computeIfAbsent(
                page / PageChunk.PAGES,
                number -> new Chunk(new int[PageChunk.PAGES], First.NONE, First.NONE))
            .records[(int) (page % PageChunk.PAGES)] =
        record;
  }

  /** The record of a page; 0 when it has none. */
  int of(long page) {
    Chunk chunk = chunks.get(page / PageChunk.PAGES);
    return chunk == null ? 0 : chunk.records[(int) (page % PageChunk.PAGES)];
  }

  /**
   * The first of the records of pages from {@code first} up to {@code end}, exclusive, both
   * multiples of a chunk; 0 when there is none.
   *
   * @param reads whether those of reads are among them
   */
  int first(long first, long end, boolean reads) {
    First found = First.NONE;
    for (long page = first; page < end; page += PageChunk.PAGES) {
      Chunk chunk = chunks.get(page / PageChunk.PAGES);
      if (chunk != null) {
        found = found.earlier(reads ? chunk.first : chunk.firstWrite);
      }
    }
    return found.record;
  }

  /** Whether this is the record of a page that is there. */
  static boolean isAlive(int record) {
    return hasStack(record) && (record & (PageChunk.GONE | PageChunk.KEPT)) == 0;
  }

  /** Whether this is the record of a page that was seen to come. */
  static boolean isSeen(int record) {
    return isAlive(record) && (record & PageChunk.BUFFER) == 0;
  }

  /** Whether this is the record of a page that surely came by it. */
  static boolean isCertain(int record) {
    return isSeen(record) && (record & PageChunk.FILLED) == 0;
  }

  /** Whether the page went, and none was seen to come since. */
  static boolean isGone(int record) {
    return (record & PageChunk.GONE) != 0;
  }

  /** Whether the page went, or may have, since it was first known. */
  static boolean isMarked(int record) {
    return (record & (PageChunk.GONE | PageChunk.BUFFER)) != 0;
  }

  /**
   * Whether the fault may have brought other pages which were never known to go: it is no later one
   * on a page by itself.
   */
  static boolean isOriginal(int record) {
    return hasStack(record)
        && (record & (PageChunk.AGAIN | PageChunk.FILLED | PageChunk.BUFFER)) == 0;
  }

  /** Whether this record is one of a read of a page that was not there. */
  static boolean isRead(int record) {
    return (record & PageChunk.READ) != 0;
  }

  /**
   * Whether this is the record of a neighbour, of a file, whose read may have brought the page,
   * where page tables are read.
   */
  static boolean isOfWindow(int record) {
    int marks = PageChunk.KEPT | PageChunk.READ;
    return hasStack(record) && (record & (marks | PageChunk.GONE)) == marks;
  }

  private static boolean hasStack(int record) {
    return (record & PageChunk.STACK_MASK) != 0;
  }

  /** Takes a page with a record. */
  @FunctionalInterface
  interface Visitor {
    void visit(long page, int record);
  }

  /** Visits the records of pages from {@code first} up to {@code end}, exclusive, ascending. */
  void forEach(long first, long end, Visitor visitor) {
    for (long page = first; page < end; ) {
      Chunk chunk = chunks.get(page / PageChunk.PAGES);
      long next = Math.min(end, (page / PageChunk.PAGES + 1) * PageChunk.PAGES);
      if (chunk != null) {
        for (long p = page; p < next; p++) {
          int record = chunk.records[(int) (p % PageChunk.PAGES)];
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
    for (long number : chunks.keySet()) {
      long first = number * PageChunk.PAGES;
      forEach(first, first + PageChunk.PAGES, visitor);
    }
  }
}
