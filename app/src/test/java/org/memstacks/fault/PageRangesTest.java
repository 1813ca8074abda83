package org.memstacks.fault;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.BitSet;
import java.util.Random;
import org.junit.jupiter.api.Test;

class PageRangesTest {
  private static final int PAGES = 200;

  /** Against a set of single pages, in a fixed random sequence. */
  @Test
  void rangesAreSetsOfPages() {
    Random random = new Random(7);
    PageRanges ranges = new PageRanges();
    BitSet model = new BitSet();
    for (int step = 0; step < 20_000; step++) {
      int first = random.nextInt(PAGES);
      int end = first + random.nextInt(PAGES - first) + 1;
      switch (random.nextInt(4)) {
        case 0 -> {
          ranges.add(first, end);
          model.set(first, end);
        }
        case 1 -> {
          ranges.remove(first, end);
          model.clear(first, end);
        }
        case 2 -> move(ranges, model, first, end - first, PAGES + random.nextInt(PAGES));
        default -> move(ranges, model, PAGES + first, end - first, random.nextInt(PAGES));
      }
      assertThat(ranges.size()).isEqualTo(model.cardinality());
      assertThat(pages(ranges)).isEqualTo(model);
    }
  }

  private static void move(PageRanges ranges, BitSet model, int first, int count, int to) {
    ranges.move(first, count, to);
    BitSet moved = model.get(first, first + count);
    model.clear(first, first + count);
    model.clear(to, to + count);
    moved.stream().forEach(page -> model.set(page + to));
  }

  @Test
  void whatIsMissingIsTheRest() {
    PageRanges ranges = new PageRanges();
    ranges.add(3, 5);
    ranges.add(8, 9);
    BitSet missing = new BitSet();
    ranges.forEachMissing(2, 12, (first, end) -> missing.set((int) first, (int) end));

    assertThat(missing.stream()).containsExactly(2, 5, 6, 7, 9, 10, 11);
  }

  private static BitSet pages(PageRanges ranges) {
    BitSet pages = new BitSet();
    ranges.forEach(0, 3 * PAGES, (first, end) -> pages.set((int) first, (int) end));
    return pages;
  }
}
