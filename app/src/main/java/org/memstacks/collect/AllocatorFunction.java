package org.memstacks.collect;

import org.memstacks.bpf.Layouts.Hook;

/**
 * The allocation functions of C, with the positions (from 1) of their arguments. A function's
 * ordinal is its hook number in the BPF programs.
 */
public enum AllocatorFunction {
  MALLOC("malloc", Hook.ALLOC, size(1)),
  CALLOC("calloc", Hook.ALLOC, count(1) | size(2)),
  REALLOC("realloc", Hook.REALLOC, pointer(1) | size(2)),
  REALLOCARRAY("reallocarray", Hook.REALLOC, pointer(1) | count(2) | size(3)),
  POSIX_MEMALIGN("posix_memalign", Hook.ALLOC_INTO, pointer(1) | alignment(2) | size(3)),
  ALIGNED_ALLOC("aligned_alloc", Hook.ALLOC, alignment(1) | size(2)),
  MEMALIGN("memalign", Hook.ALLOC, alignment(1) | size(2)),
  VALLOC("valloc", Hook.ALLOC, size(1)),
  PVALLOC("pvalloc", Hook.ALLOC, size(1)),
  FREE("free", Hook.FREE, pointer(1));

  private final String symbol;
  private final int operation;
  private final long arguments;

  AllocatorFunction(String symbol, int operation, long arguments) {
    this.symbol = symbol;
    this.operation = operation;
    this.arguments = arguments;
  }

  public String symbol() {
    return symbol;
  }

  public boolean isFree() {
    return operation == Hook.FREE;
  }

  /** How many of the first arguments a probe reads. */
  int argumentCount() {
    int count = 0;
    for (int shift = Hook.SIZE_ARG_SHIFT; shift < Hook.FLAGS_SHIFT; shift += 4) {
      count = Math.max(count, (int) (arguments >> shift & 0xf));
    }
    return count;
  }

  /**
   * What the BPF programs read of a call there.
   *
   * @param flags combination of {@link Hook#NULL_IS_MALLOC} and {@link Hook#SMALL_ALIGN_IS_MALLOC}
   */
  long cookie(long flags) {
    return operation | arguments | flags << Hook.FLAGS_SHIFT | (long) ordinal() << Hook.ID_SHIFT;
  }

  private static long size(long position) {
    return position << Hook.SIZE_ARG_SHIFT;
  }

  private static long count(long position) {
    return position << Hook.COUNT_ARG_SHIFT;
  }

  private static long pointer(long position) {
    return position << Hook.PTR_ARG_SHIFT;
  }

  private static long alignment(long position) {
    return position << Hook.ALIGN_ARG_SHIFT;
  }
}
