package org.memstacks.fault;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Where the pages of a look lie now: most where they lay then, some were moved, some given back.
 * Pages are given by number.
 */
final class Whereabouts {
  /* So many take some 30 MB. */
  private static final int MOST_PIECES = 262_144;
  private static final long ALL_PAGES = 1L << 52;

  /**
   * Pages that lie together now and did then.
   *
   * @param end exclusive, as of now
   * @param shift of their numbers from then to now
   */
  private record Piece(long end, long shift) {}

  /** By the number of the first page now. */
  private final TreeMap<Long, Piece> pieces = new TreeMap<>();

  private boolean moved;
  private long lost;

  /** All pages lie where they lay. */
  Whereabouts() {
    pieces.put(0L, new Piece(ALL_PAGES, 0));
  }

  /** Pages from {@code first} up to {@code end}, exclusive, were given back. */
  void drop(long first, long end) {
    if (pieces.size() >= MOST_PIECES) {
      lost++;
      return;
    }
    remove(first, end);
  }

  /**
   * Pages moved; what was at the new place went.
   *
   * @param to number of the first one after it
   */
  void move(long first, long count, long to) {
    List<Map.Entry<Long, Piece>> taken = remove(first, first + count);
    remove(to, to + count);
    for (Map.Entry<Long, Piece> piece : taken) {
      long from = piece.getKey() - first + to;
      pieces.put(
          from,
          new Piece(
              piece.getValue().end - first + to, from - piece.getKey() + piece.getValue().shift));
      moved = true;
    }
  }

  private List<Map.Entry<Long, Piece>> remove(long first, long end) {
    split(first);
    split(end);
    var inside = pieces.subMap(first, end);
    List<Map.Entry<Long, Piece>> removed = new ArrayList<>();
    inside.forEach((at, piece) -> removed.add(Map.entry(at, piece)));
    inside.clear();
    return removed;
  }

  private void split(long page) {
    Map.Entry<Long, Piece> before = pieces.lowerEntry(page);
    if (before != null && before.getValue().end > page) {
      Piece piece = before.getValue();
      pieces.put(before.getKey(), new Piece(page, piece.shift));
      pieces.put(page, piece);
    }
  }

  /** Calls that gave pages back and were left out, since there were too many. */
  long lost() {
    return lost;
  }

  /** Takes pages that are still there. */
  @FunctionalInterface
  interface Visitor {
    /**
     * @param first as of then
     * @param end exclusive, likewise
     * @param shift to be added, for where they lie now
     */
    void visit(long first, long end, long shift);
  }

  /** The same, to be asked by where pages lay then; without changes made later. */
  Then then() {
    TreeMap<Long, Piece> byThen = new TreeMap<>();
    pieces.forEach((at, piece) ->
        byThen.put(at - piece.shift, new Piece(piece.end - piece.shift, piece.shift)));
    return new Then(byThen, moved);
  }

  /** See {@link #then}. */
  static final class Then {
    private final TreeMap<Long, Piece> pieces;
    private final boolean moved;

    private Then(TreeMap<Long, Piece> pieces, boolean moved) {
      this.pieces = pieces;
      this.moved = moved;
    }

    /**
     * Visits, in ascending order, those of the pages from {@code first} up to {@code end},
     * exclusive, that are still there.
     */
    void forEach(long first, long end, Visitor visitor) {
      Map.Entry<Long, Piece> at = pieces.floorEntry(first);
      if (at == null || at.getValue().end <= first) {
        at = pieces.higherEntry(first);
      }
      while (at != null && at.getKey() < end) {
        Piece piece = at.getValue();
        visitor.visit(Math.max(at.getKey(), first), Math.min(piece.end, end), piece.shift);
        at = pieces.higherEntry(at.getKey());
      }
    }

    /** What is recorded of pages, by where they lay then. */
    PageRecords records(PageRecords now) {
      if (!moved) {
        return now;
      }
      PageRecords then = now.copy();
      pieces.forEach((first, piece) -> {
        if (piece.shift != 0) {
          then.take(now, first, piece.end, piece.shift);
        }
      });
      return then;
    }
  }
}
