package org.memstacks.fault;

import java.util.Optional;
import java.util.function.IntPredicate;
import java.util.function.LongFunction;
import java.util.function.LongPredicate;
import org.memstacks.bpf.Layouts.PageChunk;
import org.memstacks.target.Folios.Folio;
import org.memstacks.target.ResidentPages;

/** Finds for each page the fault, or the call, that brought it. */
final class PageAttribution {
  /*
   * The kernel maps so many pages around a file's page at most (mm/memory.c, do_fault_around,
   * fault_around_bytes): from the aligned window's begin, or the mapping's if that is later.
   */
  private static final long FAULT_AROUND = PageChunk.AROUND;
  private static final long HUGE_PAGE = 512;

  private final PageRecords records;
  private final LongFunction<Optional<Folio>> folios;
  private final LongPredicate anonymous;
  private final boolean huge;
  private final boolean windows;
  private final int otherwise;
  private final Candidates ofAll;
  private final Candidates ofReads;
  private final Candidates ofWrites;
  private Folio folio = new Folio(-1, -1);
  private long splitBlock = -1;
  private int broughtSplit;

  /**
   * @param folios the folio that a page is part of, when it is one of several pages
   * @param anonymous whether a page lies in anonymous memory
   * @param huge whether a fault may bring a transparent huge page
   * @param windows whether pages of a file that a read of a neighbour may have brought have its
   *     record
   * @param otherwise record for pages that no fault explains: that of an mlockall, or 0
   */
  PageAttribution(
      PageRecords records,
      LongFunction<Optional<Folio>> folios,
      LongPredicate anonymous,
      boolean huge,
      boolean windows,
      int otherwise) {
    this.records = records;
    this.folios = folios;
    this.anonymous = anonymous;
    this.huge = huge;
    this.windows = windows;
    this.otherwise = otherwise;
    this.ofAll = new Candidates(records, record -> true);
    this.ofReads = new Candidates(records, PageRecords::isRead);
    this.ofWrites = new Candidates(records, record -> !PageRecords.isRead(record));
  }

  /**
   * Pages that lie together.
   *
   * @param end exclusive
   * @param anonymous whether they are of no file
   */
  record Pages(long first, long end, boolean anonymous) {
    boolean contains(long from, long to) {
      return from >= first && to <= end;
    }
  }

  /** Takes pages that one record explains. */
  @FunctionalInterface
  interface Visitor {
    /**
     * @param end exclusive
     * @param record 0 when nothing explains them
     */
    void visit(long first, long end, int record);
  }

  /**
   * Visits pages of one mapping that came into memory, as runs of equal records.
   *
   * @param mapped the mapping's pages
   * @param end exclusive
   * @param kind of the pages, see {@link ResidentPages#kind}
   */
  void attribute(Pages mapped, long first, long end, int kind, Visitor visitor) {
    long begin = first;
    int running = record(mapped, first, kind);
    for (long page = first + 1; page < end; page++) {
      int record = record(mapped, page, kind);
      if (record != running) {
        visitor.visit(begin, page, running);
        begin = page;
        running = record;
      }
    }
    visitor.visit(begin, end, running);
  }

  private int record(Pages mapped, long page, int kind) {
    int own = records.of(page);
    boolean isFile = (kind & ResidentPages.FILE) != 0;
    // A read of anonymous memory brings the zero page, which does not count: something replaced it.
    boolean isZero = PageRecords.isRead(own) && !isFile;
    if (PageRecords.isCertain(own) && !isZero || windows && isFile && PageRecords.isOfWindow(own)) {
      return stack(own);
    }
    int found;
    if ((kind & ResidentPages.HUGE) != 0) {
      long first = page & -HUGE_PAGE;
      found = inBlock(new Folio(first, first + HUGE_PAGE), page, own, isFile ? ofAll : ofWrites);
    } else {
      found = isFile && !windows ? around(mapped, page, own) : 0;
      if (found == 0) {
        found = inFolio(mapped, page, own, isFile);
      }
      if (found == 0 && !isFile) {
        found = inSplitBlock(mapped, page, own);
      }
      if (found == 0 && isFile && !windows && !PageRecords.isAlive(own) && otherwise == 0) {
        found = nearby(mapped, page, own);
      }
    }
    if (found == 0 && PageRecords.isAlive(own) && !(isZero && otherwise != 0)) {
      found = own;
    }
    return stack(found == 0 ? otherwise : found);
  }

  private static int stack(int record) {
    return record & PageChunk.STACK_MASK;
  }

  /**
   * The record of the nearest page at which a fault maps this one as well: a read, since writes map
   * their page alone. That of one that came again since stands at a neighbour, if need be outside
   * of the mapping.
   */
  private int around(Pages mapped, long page, int own) {
    // What came to where it went from came later than what is there for the first time.
    int again =
        (own & PageChunk.GONE) == 0
            ? 0
            : around(mapped, page, own, record -> (record & PageChunk.AGAIN) != 0);
    return again != 0 ? again : around(mapped, page, own, record -> true);
  }

  private int around(Pages mapped, long page, int own, IntPredicate taken) {
    return nearestRead(
        page,
        own,
        (at, record) -> {
          long window = Math.max(at & -FAULT_AROUND, mapped.first());
          return page >= window
              && page < window + FAULT_AROUND
              && (mapped.contains(at, at + 1) || (record & PageChunk.KEPT) != 0)
              && taken.test(record);
        });
  }

  /**
   * The nearest read that may have brought a file's page where the window was another one then: the
   * mapping was moved since, or began elsewhere.
   */
  private int nearby(Pages mapped, long page, int own) {
    return nearestRead(page, own, (at, record) -> mapped.contains(at, at + 1));
  }

  /** Whether the record of a page may explain another one. */
  @FunctionalInterface
  private interface Taken {
    boolean test(long page, int record);
  }

  private int nearestRead(long page, int own, Taken taken) {
    for (long distance = 0; distance < FAULT_AROUND; distance++) {
      for (long at : new long[] {page - distance, page + distance}) {
        int record = records.of(at);
        if (PageRecords.isRead(record)
            && Candidates.explains(record, own)
            && taken.test(at, record)) {
          return record;
        }
      }
    }
    return 0;
  }

  private int inFolio(Pages mapped, long page, int own, boolean isFile) {
    // Other pages may have come to where a part of it was.
    if (own != 0 || page < folio.first() || page >= folio.end()) {
      folio = folios.apply(page).orElse(new Folio(page, page + 1));
    }
    if (folio.end() - folio.first() == 1) {
      return 0;
    }
    if (!isFile) {
      return inBlock(folio, page, own, ofWrites);
    }
    // Since Linux 6.18 a window that meets a file's folio maps all of it (mm/filemap.c); a write
    // does so in shared memory (mm/memory.c, finish_fault), which no mlockall brought then.
    int reader = ofReads.nearest(folio, page, own);
    if (reader == 0) {
      reader = reachingInto(mapped, own);
    }
    return reader != 0 || otherwise != 0 ? reader : ofAll.nearest(folio, page, own);
  }

  /** A read beside the folio whose window meets it. */
  private int reachingInto(Pages mapped, int own) {
    for (long distance = 1; distance < FAULT_AROUND; distance++) {
      for (long at : new long[] {folio.first() - distance, folio.end() - 1 + distance}) {
        if (!mapped.contains(at, at + 1)) {
          continue;
        }
        int record = records.of(at);
        long window = Math.max(at & -FAULT_AROUND, mapped.first());
        if (window < folio.end()
            && window + FAULT_AROUND > folio.first()
            && PageRecords.isRead(record)
            && Candidates.explains(record, own)) {
          return record;
        }
      }
    }
    return 0;
  }

  /**
   * Of what was a huge page until the kernel split it (mm/huge_memory.c: for MADV_FREE and
   * MADV_COLD of a part, and when memory is short after a part was given back): what brought that.
   * Had its pages come one by one, more than one would have a record of its own.
   */
  private int inSplitBlock(Pages mapped, long page, int own) {
    long first = page & -HUGE_PAGE;
    if (!huge || !mapped.anonymous() || PageRecords.isMarked(own)) {
      return 0;
    }
    if (first != splitBlock) {
      splitBlock = first;
      broughtSplit = broughtAtOnce(mapped, first, first + HUGE_PAGE);
    }
    return broughtSplit;
  }

  /**
   * The record of what brought all of these pages: they are anonymous memory, or something is known
   * of them, since others were there before.
   */
  private int broughtAtOnce(Pages mapped, long first, long end) {
    int came = 0;
    for (long page = first; page < end; page++) {
      int record = records.of(page);
      if (!mapped.contains(page, page + 1) && !anonymous.test(page)) {
        if (record == 0) {
          return 0;
        }
      } else if (PageRecords.isOriginal(record) && !PageRecords.isRead(record)) {
        came++;
      }
    }
    return came <= 1 ? records.first(first, end, false) : 0;
  }

  /**
   * Of pages that were allocated at once: what brought the first of them, unless this one went
   * since. One that came again did so alone.
   */
  private int inBlock(Folio block, long page, int own, Candidates candidates) {
    boolean isOfChunks =
        (block.first() | block.end()) % PageChunk.PAGES == 0 && !PageRecords.isMarked(own);
    int first = isOfChunks ? records.first(block.first(), block.end(), candidates == ofAll) : 0;
    return first != 0 ? first : candidates.nearest(block, page, own);
  }
}
