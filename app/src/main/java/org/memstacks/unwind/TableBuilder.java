package org.memstacks.unwind;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;

/** Interprets every frame description of an object, in slices that may run on several threads. */
final class TableBuilder {
  /** Below this many functions another thread costs more than it saves. */
  private static final int SLICE = 4096;

  private static final int MAX_SLICES = 64;

  private static final int ROWS_PER_FUNCTION = 8;

  private final EhFrame frames;
  private final FdeIndex index;

  TableBuilder(EhFrame frames, FdeIndex index) {
    this.frames = frames;
    this.index = index;
  }

  /** The rows of functions [from, to); no gap row before the first or behind the last. */
  private record Slice(RowBuffer rows, long start, long end, int malformed) {}

  UnwindTable build(Executor executor) {
    int count = index.count();
    int slices = Math.clamp(count / SLICE, 1, MAX_SLICES);
    List<CompletableFuture<Slice>> pending = new ArrayList<>();
    for (int i = 1; i < slices; i++) {
      int from = (int) ((long) count * i / slices);
      int to = (int) ((long) count * (i + 1) / slices);
      pending.add(CompletableFuture.supplyAsync(() -> slice(from, to), executor));
    }
    Slice first = slice(0, count / slices);
    RowBuffer rows = first.rows();
    long end = first.end();
    int malformed = index.malformed() + first.malformed();
    for (CompletableFuture<Slice> part : pending) {
      Slice slice = part.join();
      if (slice.start() > end) {
        rows.add(end, UnwindRow.GAP);
      }
      rows.addAll(slice.rows());
      end = slice.end();
      malformed += slice.malformed();
    }
    rows.add(end, UnwindRow.GAP);
    return new UnwindTable(rows.toArray(), malformed);
  }

  private Slice slice(int from, int to) {
    RowBuffer rows = new RowBuffer((to - from) * ROWS_PER_FUNCTION);
    CfiCursor cursor = new CfiCursor(frames.bytes(), frames.address());
    CfiInterpreter interpreter = new CfiInterpreter(frames.bytes());
    int malformed = 0;
    long end = -1;
    for (int i = from; i < to; i++) {
      long start = index.start(i);
      long limit = index.limit(i);
      if (limit == start) {
        // Two descriptions of one address: the last one counts.
        continue;
      }
      if (end >= 0 && start > end) {
        rows.add(end, UnwindRow.GAP);
      }
      int before = rows.size();
      end = start + 1;
      try {
        Cie cie = index.open(i, cursor);
        cursor.pointer(cie.pointerEncoding());
        end = start + Math.min(cursor.number(cie.pointerEncoding()), limit - start);
        if (cie.augmented()) {
          cursor.skip(cursor.uleb());
        }
        interpreter.runFunction(cie, start, end, cursor, rows);
      } catch (MalformedCfi e) {
        malformed++;
        rows.cut(before);
        rows.add(start, UnwindRow.UNSUPPORTED);
      }
    }
    long start = index.start(from);
    return new Slice(rows, start, Math.max(start, end), malformed);
  }
}
