package org.memstacks.fault;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import org.memstacks.bpf.BpfObject;
import org.memstacks.bpf.Layouts.PageChunk;

/** Reads what the kernel programs recorded of pages: which stack brought them. */
final class PageTable {
  private final MemorySegment chunks;
  private final FaultSizes sizes;

  PageTable(BpfObject object, FaultSizes sizes, Arena arena) {
    this.chunks = object.map("page_chunks").mapped(arena);
    this.sizes = sizes;
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
