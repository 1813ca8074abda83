package org.memstacks.bpf;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.function.Consumer;

/**
 * The reader's side of a map of type BPF_MAP_TYPE_RINGBUF (Documentation/bpf/ringbuf.rst): a page
 * with the reader's position, one with the writers', then the records, mapped twice in a row, so
 * that none is cut in two. Not thread-safe.
 */
public final class BpfRing {
  /* struct bpf_ringbuf_hdr, the bits of its length (include/uapi/linux/bpf.h). */
  private static final int HEADER = 8;
  private static final int BUSY = 1 << 31;
  private static final int DISCARDED = 1 << 30;

  private final MemorySegment readerPage;
  private final MemorySegment writerPage;
  private final MemorySegment records;
  private final long mask;

  private BpfRing(
      MemorySegment readerPage, MemorySegment writerPage, MemorySegment records, long mask) {
    this.readerPage = readerPage;
    this.writerPage = writerPage;
    this.records = records;
    this.mask = mask;
  }

  static BpfRing of(int fd, String name, int bytes, Arena arena) {
    MemorySegment reader = SharedArray.map(fd, name, 0, SharedArray.PAGE, true, arena);
    MemorySegment writer =
        SharedArray.map(fd, name, SharedArray.PAGE, SharedArray.PAGE + 2L * bytes, false, arena);
    return new BpfRing(reader, writer, writer.asSlice(SharedArray.PAGE), bytes - 1L);
  }

  /**
   * Takes out the records written so far, in the order in which their places were taken.
   *
   * @param reader is given each; the segment is valid until it returns
   */
  public void drain(Consumer<MemorySegment> reader) {
    long at = readerPage.get(JAVA_LONG, 0);
    long end = (long) JAVA_LONG.varHandle().getAcquire(writerPage, 0L);
    while (at < end) {
      long header = at & mask;
      int length = (int) JAVA_INT.varHandle().getAcquire(records, header);
      if ((length & BUSY) != 0) {
        return;
      }
      int bytes = length & ~DISCARDED;
      if ((length & DISCARDED) == 0) {
        reader.accept(records.asSlice(header + HEADER, bytes));
      }
      at += HEADER + (bytes + 7L & -8L);
      JAVA_LONG.varHandle().setRelease(readerPage, 0L, at);
    }
  }
}
