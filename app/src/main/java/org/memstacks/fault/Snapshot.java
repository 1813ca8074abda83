package org.memstacks.fault;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.locks.LockSupport;
import org.memstacks.target.HugetlbMappings;
import org.memstacks.target.Mapping;
import org.memstacks.target.MemoryMap;
import org.memstacks.target.Pagemap;
import org.memstacks.target.ResidentPages;
import org.memstacks.target.TargetException;
import org.memstacks.target.TargetProcess;
import org.memstacks.target.TargetProcess.Activity;

/**
 * A process's memory at one moment.
 *
 * @param hugetlb starts of mappings of hugetlbfs
 * @param places what tells kinds of memory, as far as that was looked for
 * @param resident the kernel's count of resident pages
 * @param scannedAt when page tables were looked at, as System.nanoTime has it
 * @param takenAt when all of it was known, likewise
 */
record Snapshot(
    MemoryMap map,
    ResidentPages pages,
    Set<Long> hugetlb,
    Places places,
    KernelCount.Reading resident,
    long scannedAt,
    long takenAt) {
  /* Looks that are taken at most, for one at which page tables and the kernel's count agree. */
  static final int TRIES = 4;
  private static final long PAUSE_NANOS = 10_000_000;

  /**
   * @throws IOException when the process has ended, or may not be looked at
   */
  static Snapshot take(TargetProcess target, Pagemap pagemap) throws IOException {
    return take(target, pagemap, () -> {});
  }

  /**
   * @param scanning run just before page tables are looked at
   */
  static Snapshot take(TargetProcess target, Pagemap pagemap, Runnable scanning)
      throws IOException {
    int pid = target.pid();
    MemoryMap map = MemoryMap.of(pid);
    scanning.run();
    Activity before = target.activity();
    long begin = System.nanoTime();
    ResidentPages pages = pagemap.snapshot(map);
    long end = System.nanoTime();
    Activity after = target.activity();
    if (!target.isAlive()) {
      // Without its main thread there is no map, and what was scanned may be a part.
      throw new TargetException(
          "process %d %s while its memory was looked at".formatted(pid, target.ending()));
    }
    // What was mapped after the map was read, its pages are counted already.
    if (pages.ranges() > 0 && !map.holds(pages)) {
      map = map.with(MemoryMap.of(pid)).with(unknown(pages));
    }
    return new Snapshot(
        map,
        pages,
        HugetlbMappings.of(pid, map, pages),
        Places.UNKNOWN,
        new KernelCount.Reading(
            before.residentPages(), after.residentPages(), after.since(before).minorFaults()),
        begin + (end - begin) / 2,
        System.nanoTime());
  }

  /** Mappings of which nothing is known but that these pages lie there. */
  private static MemoryMap unknown(ResidentPages pages) {
    List<Mapping> mappings = new ArrayList<>();
    for (int i = 0; i < pages.ranges(); i++) {
      long start = pages.first(i) << Pagemap.PAGE_SHIFT;
      long end = pages.end(i) << Pagemap.PAGE_SHIFT;
      mappings.add(new Mapping(start, end, 0, 0, 0, 0, Place.Kind.UNKNOWN.label(), false));
    }
    return new MemoryMap(mappings);
  }

  /**
   * As {@link #take}, again a few times while page tables and the kernel's count differ: pages that
   * munmap is just giving back are in no mapping any more, yet counted. The nearest one is kept.
   */
  static Snapshot takeSteady(TargetProcess target, Pagemap pagemap) throws IOException {
    Snapshot best = take(target, pagemap);
    for (int i = 1; i < TRIES && !best.isSteady(); i++) {
      pause();
      Snapshot next = take(target, pagemap);
      best = next.isNearerThan(best) ? next : best;
    }
    return best;
  }

  static void pause() {
    LockSupport.parkNanos(PAUSE_NANOS);
  }

  /** Whether page tables and the kernel's count differ by less than in the other one. */
  boolean isNearerThan(Snapshot other) {
    // Nothing is left of a process that ended meanwhile.
    return !isEmpty() && mismatch() < other.mismatch();
  }

  /** Whether nothing was there to be seen: the process has ended. */
  boolean isEmpty() {
    return map.mappings().isEmpty() || pages.ranges() == 0;
  }

  boolean isSteady() {
    return mismatch() <= KernelCount.lag() + resident.after() / 1000;
  }

  /** By how many pages page tables and the kernel's count differ. */
  private long mismatch() {
    long[] found = new long[1];
    forEach((mapping, first, end, kind) ->
        state(mapping, kind)
            .filter(PageGrowth.State.RESIDENT::equals)
            .ifPresent(state -> found[0] += end - first));
    return Math.abs(found[0] - resident.after());
  }

  /** The same, with what tells kinds of memory. */
  Snapshot with(Places known) {
    return new Snapshot(map, pages, hugetlb, known, resident, scannedAt, takenAt);
  }

  /** Takes a range of pages of one mapping. */
  @FunctionalInterface
  interface Visitor {
    /**
     * @param end exclusive
     * @param kind see {@link ResidentPages#kind}
     */
    void visit(Mapping mapping, long first, long end, int kind);
  }

  /**
   * Visits what is in memory or swap, ascending, ranges cut where mappings meet, and where threads'
   * stacks begin and end.
   */
  void forEach(Visitor visitor) {
    int at = 0;
    for (Mapping mapping : map.mappings()) {
      long start = mapping.start() >>> Pagemap.PAGE_SHIFT;
      long end = mapping.end() >>> Pagemap.PAGE_SHIFT;
      while (at < pages.ranges() && pages.end(at) <= start) {
        at++;
      }
      for (int i = at; i < pages.ranges() && pages.first(i) < end; i++) {
        int kind = pages.kind(i);
        places
            .stacks()
            .cut(
                Math.max(start, pages.first(i)),
                Math.min(end, pages.end(i)),
                (from, to) -> visitor.visit(mapping, from, to, kind));
      }
    }
  }

  /**
   * Where pages of this kind in this mapping count; empty for the zero page. Pages mapped by frame
   * number (VM_PFNMAP) are in no look: the kernel leaves their mappings out (mm/pagewalk.c).
   */
  Optional<PageGrowth.State> state(Mapping mapping, int kind) {
    if ((kind & ResidentPages.SWAPPED) != 0) {
      return Optional.of(PageGrowth.State.SWAPPED);
    }
    if ((kind & ResidentPages.ZERO) != 0) {
      return Optional.empty();
    }
    return Optional.of(
        hugetlb.contains(mapping.start()) ? PageGrowth.State.HUGETLB : PageGrowth.State.RESIDENT);
  }
}
