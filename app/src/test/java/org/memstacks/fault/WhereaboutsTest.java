package org.memstacks.fault;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashMap;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.memstacks.bpf.Layouts.PageChunk;
import org.memstacks.fault.PageRecords.First;

class WhereaboutsTest {
  private static final int PAGES = 400;

  @Test
  void pagesThatMovedAreFoundAndThoseGivenBackAreNot() {
    Whereabouts pages = new Whereabouts();
    pages.drop(10, 20);
    pages.move(15, 10, 100);
    pages.drop(100, 106);

    assertThat(now(pages, 0, 200))
        .containsEntry(9L, 9L)
        .doesNotContainKeys(10L, 19L, 20L)
        .containsEntry(21L, 106L)
        .containsEntry(24L, 109L)
        .containsEntry(25L, 25L)
        .as("pages at the new place went")
        .doesNotContainKeys(100L, 109L)
        .containsEntry(110L, 110L);
  }

  /** Against a model that knows each page alone. */
  @Test
  void anyNumberOfChangesIsFollowed() {
    Random random = new Random(15);
    for (int round = 0; round < 200; round++) {
      Whereabouts pages = new Whereabouts();
      Map<Long, Long> thenByNow = new HashMap<>();
      for (long page = 0; page < PAGES; page++) {
        thenByNow.put(page, page);
      }
      for (int change = 0; change < 30; change++) {
        long first = random.nextInt(PAGES / 2);
        long count = 1 + random.nextInt(PAGES / 4);
        if (random.nextBoolean()) {
          pages.drop(first, first + count);
          remove(thenByNow, first, count);
        } else {
          long to =
              random.nextBoolean() ? first + count : PAGES - count - random.nextInt(PAGES / 4);
          pages.move(first, count, to);
          Map<Long, Long> moved = remove(thenByNow, first, count);
          remove(thenByNow, to, count);
          moved.forEach((at, then) -> thenByNow.put(at - first + to, then));
        }
      }

      Map<Long, Long> expected = new HashMap<>();
      thenByNow.forEach((at, then) -> expected.put(then, at));
      assertThat(now(pages, 0, PAGES)).as("round " + round).isEqualTo(expected);
    }
  }

  @Test
  void recordsAreFoundWhereTheirPagesLay() {
    PageRecords now = new PageRecords();
    int[] records = new int[PageChunk.PAGES];
    records[3] = 7;
    records[4] = 8;
    now.add(10, records, new First(7, 100), First.NONE);
    Whereabouts pages = new Whereabouts();
    assertThat(pages.then().records(now)).isSameAs(now);

    pages.move(PageChunk.PAGES, 4, 10 * PageChunk.PAGES);
    PageRecords then = pages.then().records(now);

    assertThat(then.of(PageChunk.PAGES + 3)).isEqualTo(7);
    assertThat(then.of(PageChunk.PAGES + 4)).as("no page of the look").isZero();
    assertThat(then.first(PageChunk.PAGES, 2 * PageChunk.PAGES, true)).isEqualTo(7);
    assertThat(now.of(PageChunk.PAGES + 3)).as("the records of now stay").isZero();
  }

  @Test
  void whatIsTooMuchToBeKeptInMindIsCounted() {
    Whereabouts pages = new Whereabouts();
    for (long page = 0; page < 300_000; page++) {
      pages.drop(2 * page, 2 * page + 1);
    }

    long kept = 300_000 - pages.lost();
    assertThat(kept).isBetween(262_000L, 262_144L);
    assertThat(now(pages, 0, 600_000)).hasSize((int) (600_000 - kept));
  }

  private static Map<Long, Long> remove(Map<Long, Long> pages, long first, long count) {
    Map<Long, Long> removed = new HashMap<>();
    for (long page = first; page < first + count; page++) {
      Long then = pages.remove(page);
      if (then != null) {
        removed.put(page, then);
      }
    }
    return removed;
  }

  /** Where each of these pages lies now. */
  private static Map<Long, Long> now(Whereabouts pages, long first, long end) {
    Map<Long, Long> now = new HashMap<>();
    pages
        .then()
        .forEach(
            first,
            end,
            (from, to, shift) -> {
              for (long page = from; page < to; page++) {
                assertThat(now.put(page, page + shift)).isNull();
              }
            });
    return now;
  }
}
