package org.memstacks.fault;

import java.util.Arrays;
import java.util.function.IntPredicate;
import org.memstacks.bpf.Layouts.PageChunk;
import org.memstacks.target.Folios.Folio;

/**
 * The records of one block of pages that lie together, to find the fault that brought a page which
 * has no record of its own.
 *
 * <p>A fault that maps more than its page maps an aligned block around it (a smaller folio than a
 * huge page, the window around a file's page), and none of the others faults until it goes. So of
 * all pages whose records may explain page p the one that brought it is that with which p shares
 * the smallest aligned block.
 */
final class Candidates {
  private final PageRecords source;
  private final IntPredicate taken;
  private Folio block = new Folio(-1, -1);
  private long[] pages = new long[8];
  private int[] records = new int[8];
  private int size;

  /**
   * @param taken which records to look at
   */
  Candidates(PageRecords source, IntPredicate taken) {
    this.source = source;
    this.taken = taken;
  }

  /**
   * Whether what brought one page may have brought another, too.
   *
   * @param own what is known of the other one: if it went, only of what came since can it be; if it
   *     did not, not of what came to a page again, alone
   */
  static boolean explains(int record, int own) {
    return (own & PageChunk.GONE) != 0
        ? PageRecords.isCertain(record)
        : PageRecords.isOriginal(record)
            || (own & PageChunk.BUFFER) != 0 && PageRecords.isCertain(record);
  }

  /**
   * The record of the fault that brought this page.
   *
   * @param own what is known of it
   * @return 0 when there is none in the block
   */
  int nearest(Folio block, long page, int own) {
    load(block);
    int found = 0;
    long distance = Long.MAX_VALUE;
    for (int i = 0; i < size; i++) {
      long difference = (page - block.first()) ^ (pages[i] - block.first());
      if (difference < distance && explains(records[i], own)) {
        distance = difference;
        found = records[i];
      }
    }
    return found;
  }

  private void load(Folio wanted) {
    if (block.equals(wanted)) {
      return;
    }
    block = wanted;
    size = 0;
    source.forEach(
        wanted.first(),
        wanted.end(),
        (page, record) -> {
          if (taken.test(record)) {
            add(page, record);
          }
        });
  }

  private void add(long page, int record) {
    if (size == pages.length) {
      pages = Arrays.copyOf(pages, 2 * size);
      records = Arrays.copyOf(records, 2 * size);
    }
    pages[size] = page;
    records[size++] = record;
  }
}
