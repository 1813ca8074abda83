package org.memstacks.bpf;

import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import org.memstacks.foreign.NativeFunction;

/**
 * A program that the kernel runs once for each of some objects when it is asked to, and that writes
 * what it finds, words of 64 bits (Documentation/bpf/bpf_iterators.rst).
 */
public final class BpfIterator implements AutoCloseable {
  private static final int BUFFER_WORDS = 8192;
  private static final int EAGAIN = 11;

  private final BpfLink link;
  private final int fd;

  BpfIterator(BpfLink link, int fd) {
    this.link = link;
    this.fd = fd;
  }

  /**
   * Runs it.
   *
   * @param most words that are taken at most
   * @return what it wrote, in the order it did
   * @throws BpfException when the kernel refuses
   */
  public long[] run(int most) {
    int run = Libbpf.ITERATOR_CREATE.callInt(fd);
    if (run < 0) {
      throw new BpfException("bpf_iter_create", -run, "");
    }
    try (Arena arena = Arena.ofConfined()) {
      return read(run, most, arena);
    } finally {
      Libbpf.CLOSE_FD.callInt(run);
    }
  }

  private static long[] read(int run, int most, Arena arena) {
    MemorySegment buffer = arena.allocate(BUFFER_WORDS * 8L, 8);
    MemorySegment state = NativeFunction.callState(arena);
    long[] words = new long[256];
    int size = 0;
    while (size < most) {
      long bytes = Libbpf.READ.call(state, run, buffer.address(), buffer.byteSize());
      if (bytes < 0) {
        int errno = NativeFunction.errno(state);
        if (errno == EAGAIN) {
          // It looked at a million objects and found nothing yet.
          continue;
        }
        throw new BpfException("reading an iterator", errno, "");
      }
      int count = (int) Math.min(bytes / 8, most - size);
      if (count == 0) {
        break;
      }
      if (size + count > words.length) {
        words = Arrays.copyOf(words, Math.max(2 * words.length, size + count));
      }
      MemorySegment.copy(buffer, JAVA_LONG, 0, words, size, count);
      size += count;
    }
    return Arrays.copyOf(words, size);
  }

  @Override
  public void close() {
    link.close();
  }
}
