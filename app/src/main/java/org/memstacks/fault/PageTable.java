package org.memstacks.fault;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import org.memstacks.bpf.BpfObject;
import org.memstacks.bpf.Layouts.FaultControl;
import org.memstacks.bpf.Layouts.PageChunk;
import org.memstacks.bpf.Layouts.PageMove;

/** Reads what the kernel programs recorded of pages: which stack brought them, where they moved. */
final class PageTable {
  private final MemorySegment chunks;
  private final MemorySegment moves;
  private final MemorySegment control;
  private final FaultSizes sizes;
  private long drained;
  private long lost;
  private long begin = Long.MAX_VALUE;
  private long end = Long.MAX_VALUE;

  PageTable(BpfObject object, FaultSizes sizes, MemorySegment control, Arena arena) {
    this.chunks = object.map("page_chunks").mapped(arena);
    this.moves = object.map("page_moves").mapped(arena);
    this.control = control;
    this.sizes = sizes;
  }

  /**
   * Only moves after this moment count: those before are in the first look.
   *
   * @param nanos as System.nanoTime has it, which is the kernel's CLOCK_MONOTONIC
   */
  void movesBegin(long nanos) {
    begin = nanos;
  }

  /** Only moves until this moment count: those after are not in the last look. */
  void movesEnd(long nanos) {
    end = nanos;
  }

  /** Hands the moves made since the last time to the account, in their order. */
  void drainMoves(GrowthAccount account) {
    long made = control.get(JAVA_LONG, FaultControl.MOVES);
    if (made - drained > sizes.moves()) {
      lost += made - drained - sizes.moves();
      drained = made - sizes.moves();
    }
    while (drained < made) {
      long at = (drained & (sizes.moves() - 1)) * PageMove.SIZE;
      long pages = moves.get(JAVA_LONG, at + PageMove.PAGES);
      if (pages == 0) {
        // Still being written: next time.
        return;
      }
      long time = moves.get(JAVA_LONG, at + PageMove.TIME);
      if (time > begin && time <= end) {
        account.moved(
            moves.get(JAVA_LONG, at + PageMove.FROM),
            pages,
            moves.get(JAVA_LONG, at + PageMove.TO));
      }
      moves.set(JAVA_LONG, at + PageMove.PAGES, 0);
      drained++;
    }
  }

  /** Moves that were overwritten before they were read. */
  long lostMoves() {
    return lost;
  }

  PageRecords read() {
    PageRecords records = new PageRecords();
    for (int i = 0; i < sizes.pageChunks(); i++) {
      long at = i * PageChunk.SIZE;
      long key = chunks.get(JAVA_LONG, at + PageChunk.KEY);
      if (key >= PageChunk.FIRST_KEY) {
        int[] copy = new int[PageChunk.PAGES];
        MemorySegment.copy(chunks, JAVA_INT, at + PageChunk.RECORD, copy, 0, copy.length);
        records.add(
            key - PageChunk.FIRST_KEY,
            copy,
            first(at + PageChunk.FIRST, at + PageChunk.FIRST_TIME),
            first(at + PageChunk.FIRST_WRITE, at + PageChunk.FIRST_WRITE_TIME));
      }
    }
    return records;
  }

  private PageRecords.First first(long record, long time) {
    return new PageRecords.First(chunks.get(JAVA_INT, record), chunks.get(JAVA_LONG, time));
  }
}
