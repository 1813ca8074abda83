package org.memstacks.fault;

import java.util.Arrays;
import java.util.function.IntPredicate;

/**
 * The records of one aligned block of pages, to find the fault that brought a page which has no
 * record of its own.
 *
 * <p>A fault that maps more than its page maps an aligned block around it (a huge page, a smaller
 * folio, the window around a file's page), and none of the others ever faults. So of all pages with
 * records the one that brought page p is that with which p shares the smallest aligned block.
 */
final class BlockRecords {
  private long[] pages = new long[8];
  private int[] records = new int[8];
  private int size;
  private long first = -1;
  private long end = -1;
  private final IntPredicate taken;

  /**
   * @param taken which records to look at
   */
  BlockRecords(IntPredicate taken) {
    this.taken = taken;
  }

  /** Makes this the block from {@code first} up to {@code end}, exclusive. */
  BlockRecords load(PageRecords source, long first, long end) {
    if (this.first == first && this.end == end) {
      return this;
    }
    this.first = first;
    this.end = end;
    size = 0;
    source.forEach(
        first,
        end,
        (page, record) -> {
          if (taken.test(record)) {
            add(page, record);
          }
        });
    return this;
  }

  private void add(long page, int record) {
    if (size == pages.length) {
      pages = Arrays.copyOf(pages, 2 * size);
      records = Arrays.copyOf(records, 2 * size);
    }
    pages[size] = page;
    records[size++] = record;
  }

  /** The record of the fault that brought this page; 0 when there is none in the block. */
  int nearest(long page) {
    int found = 0;
    long distance = Long.MAX_VALUE;
    for (int i = 0; i < size; i++) {
      long difference = (page - first) ^ (pages[i] - first);
      if (difference < distance) {
        distance = difference;
        found = records[i];
      }
    }
    return found;
  }
}
