package org.memstacks.mapping;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.memstacks.bpf.Layouts;
import org.memstacks.mapping.MappingEvent.Call;
import org.memstacks.mapping.MappingEvent.Owner;
import org.memstacks.mapping.RangeMap.Range;

/**
 * Keeps the account of who mapped which addresses, from the calls in their order. What is mapped
 * over something ends that. Memory that mremap moves stays its mapper's, and what it adds is
 * mremap's; the heap, as brk moves its end, likewise belongs piece by piece to who moved it. All of
 * it is counted in whole pages.
 */
public final class MappingLedger {
  /* include/uapi/linux/mman.h, asm-generic/mman-common.h */
  private static final int MREMAP_FIXED = 2;
  private static final int MREMAP_DONTUNMAP = 4;
  private static final int MAP_FIXED = 0x10;
  private static final int MAP_HUGETLB = 0x40000;
  private static final int HUGE_SHIFT = 26;
  private static final int HUGE_MASK = 0x3f;
  private static final long PAGE = 4096;
  /* No address space is larger (five levels of page tables). */
  private static final long USER_END = 1L << 56;

  /* Of what was mapped before the account began, as far as it is known where that is. */
  private static final Owner BEFORE = new Owner(Layouts.STACK_ID_NONE, 0, 0, false);

  /** Takes a piece that is mapped. */
  @FunctionalInterface
  public interface Visitor {
    void visit(long address, long bytes, Owner owner);
  }

  /**
   * What is out of the account until its call returns.
   *
   * @param older how many of {@link #olderGone} it is
   */
  private record Taken(Call call, long start, long length, List<Range<Owner>> parts, int older) {}

  private final long hugePage;
  private final int mostRanges;
  private final RangeMap<Owner> mapped = new RangeMap<>();
  private final Map<Call, Taken> moving = new HashMap<>();
  /* By thread: kept in case the call fails. */
  private final Map<Integer, Taken> unmapping = new HashMap<>();
  private final OlderPieces older = new OlderPieces();
  private int execs;
  private long added;
  private long refused;
  private long refusedBytes;

  /**
   * @param hugePage bytes of a huge page, where mmap asks for some without saying how large
   * @param mostRanges more are not kept
   */
  public MappingLedger(long hugePage, int mostRanges) {
    this.hugePage = hugePage;
    this.mostRanges = mostRanges;
  }

  /** Takes the next event into account. */
  public void apply(MappingEvent event) {
    programs(event.execs());
    long start = event.address();
    switch (event.kind()) {
      case Layouts.MappingEvent.MAPPED -> map(event);
      case Layouts.MappingEvent.UNMAPPING -> unmap(event);
      case Layouts.MappingEvent.MOVING -> take(event);
      case Layouts.MappingEvent.MOVED -> moved(event);
      case Layouts.MappingEvent.FAILED -> failed(event.call());
      case Layouts.MappingEvent.BREAK -> moveBreak(event);
      default -> throw new IllegalArgumentException("mapping event of kind " + event.kind());
    }
  }

  /**
   * The process was other programs so many times before: with the memory of each went its mappings.
   */
  public void programs(int times) {
    if (times != execs) {
      execs = times;
      mapped.clear();
      moving.clear();
      unmapping.clear();
    }
  }

  /**
   * Here there was memory before the account began, except where the account knows better by now.
   */
  public void before(RangeMap<?> ranges) {
    if (ranges.size() <= mostRanges / 2) {
      ranges.all().forEach(range -> mapped.fill(new Range<>(range.start(), range.end(), BEFORE)));
      older.areKnown();
    }
  }

  private void map(MappingEvent event) {
    long length = roundUp(event.length(), pageOf(event.flags()));
    if (!isRange(event.address(), length)) {
      return;
    }
    List<Range<Owner>> replaced = mapped.cut(event.address(), event.address() + length);
    // Without it the kernel maps over nothing: what seemed to be there had gone unseen.
    if ((event.flags() & MAP_FIXED) != 0) {
      older.went(BEFORE, replaced);
    }
    add(event.address(), length, event.owner());
    if (event.owner().counted()) {
      older.pieceOf(length);
    }
  }

  private void add(long start, long length, Owner owner) {
    if (!isRange(start, length)) {
      return;
    }
    if (mapped.size() >= mostRanges) {
      mapped.cut(start, start + length);
      refused++;
      refusedBytes += length;
      return;
    }
    mapped.set(start, start + length, owner);
    added += owner.counted() ? 1 : 0;
  }

  private void unmap(MappingEvent event) {
    long length = roundUp(event.length(), PAGE);
    List<Range<Owner>> parts =
        isRange(event.address(), length)
            ? mapped.cut(event.address(), event.address() + length)
            : List.of();
    // Also when it takes nothing: the call before, of which no return is told, has succeeded.
    unmapping.put(
        event.call().thread(),
        new Taken(event.call(), event.address(), length, parts, older.wentUnmapped(BEFORE, parts)));
  }

  private void take(MappingEvent event) {
    long length = roundUp(event.length(), PAGE);
    boolean stays = length == 0 || (event.flags() & MREMAP_DONTUNMAP) != 0;
    List<Range<Owner>> parts =
        stays || !isRange(event.address(), length)
            ? List.of()
            : mapped.cut(event.address(), event.address() + length);
    moving.put(
        event.call(), new Taken(event.call(), event.address(), stays ? 0 : length, parts, 0));
  }

  private void moved(MappingEvent event) {
    Taken taken = moving.remove(event.call());
    long start = event.address();
    long length = roundUp(event.length(), PAGE);
    if (taken == null || !isRange(start, length)) {
      return;
    }
    List<Range<Owner>> replaced = mapped.cut(start, start + length);
    if ((event.flags() & MREMAP_FIXED) != 0) {
      older.went(BEFORE, replaced);
    }
    if (taken.length > 0) {
      mapped.set(start, start + Math.min(length, taken.length), BEFORE);
    }
    for (Range<Owner> part : taken.parts) {
      Range<Owner> there = part.moved(start - taken.start);
      if (there.start() < start + length) {
        mapped.set(there.start(), Math.min(there.end(), start + length), there.value());
      }
    }
    if (length > taken.length) {
      long more = length - taken.length;
      Owner owner = event.owner();
      add(
          start + taken.length,
          more,
          new Owner(owner.stack(), owner.born(), more, owner.counted()));
    }
  }

  private void failed(Call call) {
    Taken taken = moving.remove(call);
    if (taken == null) {
      Taken last = unmapping.get(call.thread());
      if (last == null || !last.call.equals(call)) {
        return;
      }
      taken = unmapping.remove(call.thread());
      older.stayed(taken.older);
    }
    taken.parts.forEach(mapped::fill);
  }

  private void moveBreak(MappingEvent event) {
    long now = roundUp(event.address(), PAGE);
    long before = roundUp(event.length(), PAGE);
    if (now < before && isRange(now, before - now)) {
      mapped.cut(now, before);
    } else if (now > before) {
      Owner owner = event.owner();
      add(
          before,
          now - before,
          new Owner(owner.stack(), owner.born(), now - before, owner.counted()));
    }
  }

  /** What is mapped now, pieces that are being moved where they were. */
  public void forEach(Visitor visitor) {
    Consumer<Range<Owner>> visit =
        range -> visitor.visit(range.start(), range.bytes(), range.value());
    mapped.all().forEach(visit);
    moving.values().forEach(taken -> taken.parts.forEach(visit));
  }

  /** How many mappings that count were made so far. */
  public long added() {
    return added;
  }

  /**
   * How many mappings from before the account began have gone, see {@link OlderPieces}: unmapped,
   * or replaced by others.
   */
  public long olderGone() {
    return older.gone();
  }

  /** How many mappings found no room in the account. */
  public long refused() {
    return refused;
  }

  /** Their bytes. */
  public long refusedBytes() {
    return refusedBytes;
  }

  private long pageOf(int flags) {
    if ((flags & MAP_HUGETLB) == 0) {
      return PAGE;
    }
    int shift = flags >>> HUGE_SHIFT & HUGE_MASK;
    return shift == 0 ? hugePage : 1L << shift;
  }

  private static boolean isRange(long start, long length) {
    return start % PAGE == 0
        && start >= 0
        && start < USER_END
        && length > 0
        && length <= USER_END - start;
  }

  /** 0 for more than any address space has. */
  private static long roundUp(long length, long page) {
    return length < 0 || length > USER_END ? 0 : (length + page - 1) / page * page;
  }
}
