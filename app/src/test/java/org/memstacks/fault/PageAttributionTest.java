package org.memstacks.fault;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.LongFunction;
import java.util.function.LongPredicate;
import org.junit.jupiter.api.Test;
import org.memstacks.bpf.Layouts.PageChunk;
import org.memstacks.fault.PageAttribution.Pages;
import org.memstacks.fault.PageRecords.First;
import org.memstacks.target.Folios.Folio;
import org.memstacks.target.ResidentPages;

class PageAttributionTest {
  private static final int READ = PageChunk.READ;
  private static final Pages EVERYTHING = new Pages(0, 1 << 20, true);
  private static final LongFunction<Optional<Folio>> SINGLE = page -> Optional.empty();

  @Test
  void aPageWithARecordIsExplainedByIt() {
    assertThat(attribute(records(Map.of(5L, 1, 6L, 2)), SINGLE, EVERYTHING, 5, 8, 0))
        .containsExactly(Map.entry(5L, 1), Map.entry(6L, 2), Map.entry(7L, 0));
  }

  @Test
  void aRecordOfAPageThatWentExplainsNothing() {
    PageRecords records = records(Map.of(5L, 1 | PageChunk.GONE));

    assertThat(attribute(records, SINGLE, EVERYTHING, 5, 6, 0)).containsEntry(5L, 0);
  }

  @Test
  void aPageOfABufferIsTheFaultsThatBroughtItsFolio() {
    PageRecords records = records(Map.of(16L, 1, 20L, 2 | PageChunk.BUFFER));
    LongFunction<Optional<Folio>> folios = page -> Optional.of(new Folio(16, 24));

    assertThat(attribute(records, folios, EVERYTHING, 20, 21, 0)).containsEntry(20L, 1);
    assertThat(attribute(records, SINGLE, EVERYTHING, 20, 21, 0)).containsEntry(20L, 2);
  }

  @Test
  void aHugePageIsExplainedByItsFault() {
    PageRecords records = records(Map.of(512L + 77, 9, 511L, 3));

    assertThat(attribute(records, SINGLE, EVERYTHING, 512, 1024, ResidentPages.HUGE).values())
        .hasSize(512)
        .containsOnly(9);
  }

  @Test
  void theRestOfAHugePageIsExplainedByTheFaultWhosePageWent() {
    PageRecords records = records(Map.of(512L, 9 | PageChunk.GONE));

    assertThat(
            attribute(records, page -> Optional.of(new Folio(512, 1024)), EVERYTHING, 768, 770, 0))
        .containsExactly(Map.entry(768L, 9), Map.entry(769L, 9));
  }

  @Test
  void smallerFoliosAreToldApart() {
    PageRecords records = records(Map.of(16L, 1, 24L, 2));
    LongFunction<Optional<Folio>> folios =
        page -> Optional.of(new Folio(page & -8, (page & -8) + 8));

    assertThat(attribute(records, folios, EVERYTHING, 17, 18, 0)).containsEntry(17L, 1);
    assertThat(attribute(records, folios, EVERYTHING, 31, 32, 0)).containsEntry(31L, 2);
  }

  @Test
  void aFilesFaultExplainsTheWindowAroundItWithinItsMapping() {
    PageRecords records = records(Map.of(32L, 4 | READ, 100L, 5 | READ));
    int file = ResidentPages.FILE;

    assertThat(attribute(records, SINGLE, EVERYTHING, 47, 49, file))
        .containsExactly(Map.entry(47L, 4), Map.entry(48L, 0));
    // The mapping begins within the window: so does what is mapped around its first page.
    assertThat(attribute(records, SINGLE, new Pages(100, 200, false), 115, 117, file))
        .containsExactly(Map.entry(115L, 5), Map.entry(116L, 0));
    assertThat(attribute(records, SINGLE, new Pages(40, 60, false), 40, 41, file))
        .containsEntry(40L, 0);
  }

  @Test
  void pagesOfAFileThatWentAreThoseOfTheReadThatCameSince() {
    int gone = PageChunk.GONE;
    PageRecords records =
        records(Map.of(32L, 4 | READ, 33L, gone, 34L, gone, 40L, 5 | READ | PageChunk.AGAIN));

    assertThat(attribute(records, SINGLE, EVERYTHING, 32, 36, ResidentPages.FILE))
        .as("33 and 34 went, and are nearer to the first read; 35 never did")
        .containsExactly(
            Map.entry(32L, 4), Map.entry(33L, 5), Map.entry(34L, 5), Map.entry(35L, 4));
  }

  @Test
  void aFilesPageThatMovedIsTheNearestReadsOfItsMapping() {
    PageRecords records = records(Map.of(36L, 4 | READ));
    int file = ResidentPages.FILE;

    assertThat(attribute(records, SINGLE, new Pages(30, 60, false), 30, 32, file))
        .as("before the window as it would be here")
        .containsExactly(Map.entry(30L, 4), Map.entry(31L, 4));
    assertThat(attribute(records, SINGLE, new Pages(20, 32, false), 30, 31, file))
        .as("of another mapping")
        .containsEntry(30L, 0);
  }

  @Test
  void aFilesFolioThatWasMappedAsAWholeIsExplainedByTheFaultInIt() {
    PageRecords records = records(Map.of(70L, 6 | READ, 120L, 7));
    LongFunction<Optional<Folio>> folios =
        page -> page < 128 ? Optional.of(new Folio(64, 128)) : Optional.empty();

    assertThat(attribute(records, folios, EVERYTHING, 126, 129, ResidentPages.FILE))
        .containsExactly(Map.entry(126L, 6), Map.entry(127L, 6), Map.entry(128L, 0));
  }

  @Test
  void aWriteToAFilesPageExplainsNoOther() {
    int file = ResidentPages.FILE;

    assertThat(attribute(records(Map.of(32L, 4)), SINGLE, EVERYTHING, 32, 34, file))
        .containsExactly(Map.entry(32L, 4), Map.entry(33L, 0));
    // A reader's record that gave way to a write stands at one of its neighbours.
    PageRecords written = records(Map.of(32L, 4, 33L, 9 | READ | PageChunk.KEPT));
    assertThat(attribute(written, SINGLE, EVERYTHING, 32, 35, file))
        .containsExactly(Map.entry(32L, 4), Map.entry(33L, 9), Map.entry(34L, 9));
  }

  @Test
  void aHugePageThatWasSplitIsItsFaults() {
    PageRecords records = records(Map.of(512L + 77, 9, 512L + 128, 8 | PageChunk.FILLED));

    assertThat(attribute(records, SINGLE, EVERYTHING, 512, 1024, 0).values())
        .hasSize(512)
        .containsOnly(9);
  }

  @Test
  void whatWentFromAHugePageIsNotItsFaultsAnyMore() {
    PageRecords records = records(Map.of(512L, 9, 600L, 8 | PageChunk.AGAIN, 700L, PageChunk.GONE));

    assertThat(attribute(records, SINGLE, EVERYTHING, 599, 602, 0))
        .containsExactly(Map.entry(599L, 9), Map.entry(600L, 8), Map.entry(601L, 9));
    assertThat(attribute(records, SINGLE, EVERYTHING, 700, 701, 0)).containsEntry(700L, 0);
  }

  @Test
  void itIsSoWhereItsMappingWasCutOrHasOthersBesideIt() {
    PageRecords cut = records(Map.of(512L, 9, 1022L, PageChunk.GONE, 1023L, 8 | PageChunk.AGAIN));
    Pages rest = new Pages(512, 1022, true);

    assertThat(attribute(cut, SINGLE, rest, 600, 601, 0)).containsEntry(600L, 9);

    PageRecords whole = records(Map.of(512L, 9));
    Pages part = new Pages(512, 800, true);
    LongPredicate beside = page -> page < 1024;
    assertThat(
            attribute(
                new PageAttribution(whole, SINGLE, beside, true, false, 0), part, 600, 601, 0))
        .containsEntry(600L, 9);
  }

  @Test
  void pagesThatCameOneByOneExplainNoOther() {
    PageRecords records = records(Map.of(512L + 64, 9, 512L + 128, 8));

    assertThat(attribute(records, SINGLE, EVERYTHING, 1000, 1001, 0)).containsEntry(1000L, 0);
  }

  @Test
  void whereNoHugePageFitsAFaultBringsItsPageAlone() {
    PageRecords records = records(Map.of(512L + 64, 9));

    assertThat(attribute(records, SINGLE, new Pages(513, 2048, true), 600, 601, 0))
        .containsEntry(600L, 0);
    assertThat(attribute(records, SINGLE, new Pages(0, 2048, false), 600, 601, 0))
        .containsEntry(600L, 0);
  }

  @Test
  void theWindowOfAFilesFaultExplainsTheFoliosThatItMeets() {
    PageRecords records = records(Map.of(127L, 6 | READ));
    LongFunction<Optional<Folio>> folios =
        page -> Optional.of(new Folio((page + 5 & -64) - 5, (page + 5 & -64) + 59));

    assertThat(attribute(records, folios, new Pages(20, 4096, false), 50, 200, ResidentPages.FILE))
        .containsEntry(58L, 0)
        .containsEntry(59L, 6)
        .containsEntry(122L, 6)
        .containsEntry(186L, 6)
        .containsEntry(187L, 0);
  }

  private static PageRecords records(Map<Long, Integer> pages) {
    PageRecords records = new PageRecords();
    pages.forEach((page, record) -> {
      int[] chunk = new int[PageChunk.PAGES];
      chunk[(int) (page % PageChunk.PAGES)] = record;
      First first = PageRecords.isOriginal(record) ? new First(record, page) : First.NONE;
      records.add(
          page / PageChunk.PAGES, chunk, first, PageRecords.isRead(record) ? First.NONE : first);
    });
    return records;
  }

  @Test
  void whereWindowsAreSeenAPageIsTheReadsThatFoundItMissing() {
    int mark = READ | PageChunk.KEPT;
    PageRecords records =
        records(
            Map.of(32L, 4 | READ, 33L, 4 | mark, 34L, 5 | READ, 36L, 4 | mark | PageChunk.GONE));
    PageAttribution attribution =
        new PageAttribution(records, SINGLE, page -> false, true, true, 0);

    assertThat(attribute(attribution, EVERYTHING, 32, 37, ResidentPages.FILE))
        .containsExactly(
            Map.entry(32L, 4),
            Map.entry(33L, 4),
            Map.entry(34L, 5),
            // Nothing found these missing: no read brought them.
            Map.entry(35L, 0),
            Map.entry(36L, 0));
  }

  private static Map<Long, Integer> attribute(
      PageRecords records,
      LongFunction<Optional<Folio>> folios,
      Pages mapped,
      long first,
      long end,
      int kind) {
    return attribute(
        new PageAttribution(records, folios, page -> false, true, false, 0),
        mapped,
        first,
        end,
        kind);
  }

  private static Map<Long, Integer> attribute(
      PageAttribution attribution, Pages mapped, long first, long end, int kind) {
    Map<Long, Integer> result = new TreeMap<>();
    attribution.attribute(
        mapped,
        first,
        end,
        kind,
        (from, to, record) -> {
          for (long page = from; page < to; page++) {
            result.put(page, record);
          }
        });
    return result;
  }
}
