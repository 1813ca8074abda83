package org.memstacks.report;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.memstacks.fault.PageGrowth;
import org.memstacks.fault.Place;
import org.memstacks.symbol.FoldedName;

/** Turns pages that came, by stacks of addresses, into stacks of names. */
public final class GrowthNamer {
  /** Below it, by mapping, what came without a fault and without a call that was followed. */
  public static final String NO_FAULT = "[no fault seen]";

  /** In its place where records were lost: then it may also be that. */
  public static final String NOT_RECORDED = "[not recorded]";

  /** Frame for pages that a thread of the kernel brought for the process. */
  public static final String WORKER = "[kernel worker]";

  /** Root of huge pages, which the resident set does not count. */
  public static final String HUGETLB = "[hugetlb]";

  /** Root of pages that came and are in swap now. */
  public static final String SWAPPED = "[swapped out]";

  /** A page that the kernel put into the process for the probes. */
  public static final String PROBES = "[uprobes]";

  private final StackNamer stacks;
  private final boolean byMapping;
  private final long pageBytes;

  /**
   * @param byMapping whether the mapping is the root of each stack
   */
  public GrowthNamer(StackNamer stacks, boolean byMapping, long pageBytes) {
    this.stacks = stacks;
    this.byMapping = byMapping;
    this.pageBytes = pageBytes;
  }

  /** Ascending, with pages as blocks; stacks of equal names merged. */
  public List<NamedStack> name(List<PageGrowth> growth) {
    Map<List<String>, long[]> merged = new HashMap<>();
    for (PageGrowth part : growth) {
      merged.computeIfAbsent(frames(part), key -> new long[1])[0] += part.pages();
    }
    List<NamedStack> result = new ArrayList<>(merged.size());
    merged.forEach(
        (frames, pages) -> result.add(new NamedStack(frames, pages[0] * pageBytes, pages[0])));
    result.sort(
        Comparator.comparingLong(NamedStack::bytes)
            .thenComparing(NamedStack::frames, new FoldedOrder()));
    return result;
  }

  private List<String> frames(PageGrowth part) {
    List<String> frames = new ArrayList<>();
    frames.add(stacks.root());
    switch (part.state()) {
      case HUGETLB -> frames.add(HUGETLB);
      case SWAPPED -> frames.add(SWAPPED);
      case RESIDENT -> {}
    }
    if (byMapping) {
      frames.addAll(place(part.place()));
    }
    switch (part.cause()) {
      case STACK -> part.stack().ifPresent(stack -> frames.addAll(stacks.callers(stack)));
      case STACK_NOT_STORED -> frames.add(StackNamer.NO_STACK);
      case PROBES -> frames.add(PROBES);
      case WORKER -> addWithPlace(frames, WORKER, part.place());
      case NO_FAULT -> addWithPlace(frames, NO_FAULT, part.place());
      case NOT_RECORDED -> addWithPlace(frames, NOT_RECORDED, part.place());
    }
    return frames;
  }

  private void addWithPlace(List<String> frames, String reason, Place place) {
    frames.add(reason);
    if (!byMapping) {
      frames.add(FoldedName.escape(place.title()));
    }
  }

  private static List<String> place(Place place) {
    return place.name().isEmpty()
        ? List.of(place.kind().label())
        : List.of(place.kind().label(), FoldedName.escape(place.name()));
  }
}
