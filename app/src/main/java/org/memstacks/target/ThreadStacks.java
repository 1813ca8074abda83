package org.memstacks.target;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * Where the stacks of a process's threads lie, as the C library itself has it: the thread pointer
 * (on x86-64 the FS base) leads to the thread's control block, whose first word is its own address
 * (ELF Handling For Thread-Local Storage, 3.4.6), and in which glibc (struct pthread, stackblock)
 * and musl (struct pthread, map_base) keep where the memory begins that they took for stack and
 * control block, and its size. Neither what else lies in the same mapping, nor whether the thread
 * runs, makes a difference. Stacks that a program made for itself (goroutines, fibers) are none.
 *
 * @param stacks ascending
 */
public record ThreadStacks(List<Stack> stacks) {
  /** None is known. */
  public static final ThreadStacks NONE = new ThreadStacks(List.of());

  /* Of glibc's 2,304 bytes the words in question are the 210th and 211th, of musl's the 6th and 7th. */
  private static final int BLOCK_BYTES = 2048;
  /* More than anybody asks for, less than any address. */
  private static final long MOST_SIZE = 1L << 38;
  /* musl's since 1.2, src/internal/pthread_impl.h; the block and data of 128 keys lie behind the pointer. */
  private static final int MUSL_MAP_BASE = 72;
  private static final int MUSL_STACK = 88;
  private static final int MUSL_STACK_SIZE = 96;
  private static final int MUSL_BEHIND = 1224;
  /* Behind the thread pointer: the rest of the block, for musl thread-specific data, alignment. */
  private static final long MOST_BEHIND = 8192;

  public ThreadStacks {
    stacks = List.copyOf(stacks);
  }

  /**
   * A thread's stack, its control block included.
   *
   * @param thread pointer of the thread
   * @param first page
   * @param end exclusive
   */
  public record Stack(long thread, long first, long end) {}

  /**
   * Reads the control blocks, of which only what is in memory is looked at. That of a thread that
   * has ended is still there while the C library keeps its stack for the next one.
   *
   * @param pages of the process, as seen just now
   * @param threads pointers of threads, in any order
   */
  public static ThreadStacks of(int pid, ResidentPages pages, Collection<Long> threads) {
    List<Stack> stacks = new ArrayList<>();
    try (ProcessMemory memory = new ProcessMemory(pid)) {
      for (long thread : threads) {
        stack(memory, pages, thread).ifPresent(stacks::add);
      }
    } catch (IOException e) {
      // It ended, or may not be looked at: no stack is told from other memory.
    }
    stacks.sort(Comparator.comparingLong(Stack::first));
    return new ThreadStacks(stacks);
  }

  private static Optional<Stack> stack(ProcessMemory memory, ResidentPages pages, long thread) {
    long page = thread >>> Pagemap.PAGE_SHIFT;
    if (thread % Long.BYTES != 0 || !pages.isPageResident(page)) {
      return Optional.empty();
    }
    long rest = (page + 1 << Pagemap.PAGE_SHIFT) - thread;
    int length = (int) (pages.isPageResident(page + 1) ? BLOCK_BYTES : Math.min(rest, BLOCK_BYTES));
    try {
      return stack(memory.read(thread, length), thread);
    } catch (IOException e) {
      // Unmapped since.
      return Optional.empty();
    }
  }

  /** The stack of the thread whose control block begins with these bytes. */
  static Optional<Stack> stack(ByteBuffer block, long thread) {
    if (block.remaining() < Long.BYTES || block.getLong(0) != thread) {
      return Optional.empty();
    }
    for (int at = Long.BYTES; at + 2 * Long.BYTES <= block.limit(); at += Long.BYTES) {
      long begin = block.getLong(at);
      OptionalLong end = end(begin, block.getLong(at + Long.BYTES), thread);
      if (end.isPresent()) {
        long last = end.getAsLong() - 1 >>> Pagemap.PAGE_SHIFT;
        return Optional.of(new Stack(thread, begin >>> Pagemap.PAGE_SHIFT, last + 1));
      }
    }
    return given(block, thread);
  }

  /**
   * A stack that musl was given by the program: there is no mapping of its own to be named, but
   * where the stack begins, right below thread-local variables, and its size.
   */
  private static Optional<Stack> given(ByteBuffer block, long thread) {
    if (block.limit() < MUSL_STACK_SIZE + Long.BYTES || block.getLong(MUSL_MAP_BASE) != 0) {
      return Optional.empty();
    }
    long top = block.getLong(MUSL_STACK);
    long size = block.getLong(MUSL_STACK_SIZE);
    if (top > thread
        || top <= thread - MOST_BEHIND
        || size <= 0
        || size >= Math.min(top, MOST_SIZE)) {
      return Optional.empty();
    }
    long last = thread + MUSL_BEHIND - 1 >>> Pagemap.PAGE_SHIFT;
    return Optional.of(new Stack(thread, top - size >>> Pagemap.PAGE_SHIFT, last + 1));
  }

  /** Where memory ends that has the control block at its own end; empty for other words. */
  private static OptionalLong end(long begin, long size, long thread) {
    if (begin <= 0 || begin >= thread || size <= thread - begin || size > MOST_SIZE) {
      return OptionalLong.empty();
    }
    return size - (thread - begin) <= MOST_BEHIND
        ? OptionalLong.of(begin + size)
        : OptionalLong.empty();
  }

  /** The pointers of the threads whose stacks these are. */
  public List<Long> threads() {
    return stacks.stream().map(Stack::thread).toList();
  }

  /** Takes pages that lie together, all in one thread's stack or in none. */
  @FunctionalInterface
  public interface Visitor {
    /**
     * @param end exclusive
     */
    void visit(long first, long end);
  }

  /** Visits these pages, ascending, cut where stacks begin and end. */
  public void cut(long first, long end, Visitor visitor) {
    long at = first;
    for (int i = firstBehind(first); i < stacks.size() && stacks.get(i).first < end; i++) {
      for (long edge : new long[] {stacks.get(i).first, stacks.get(i).end}) {
        if (at < edge && edge < end) {
          visitor.visit(at, edge);
          at = edge;
        }
      }
    }
    if (at < end) {
      visitor.visit(at, end);
    }
  }

  /** Whether a page lies in a thread's stack. */
  public boolean contains(long page) {
    int index = firstBehind(page);
    return index < stacks.size() && stacks.get(index).first <= page;
  }

  /** The first stack that ends behind a page. Memory that two claim is no reason to miss one. */
  private int firstBehind(long page) {
    int low = 0;
    int high = stacks.size();
    while (low < high) {
      int middle = (low + high) >>> 1;
      if (stacks.get(middle).end <= page) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return low;
  }
}
