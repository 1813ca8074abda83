package org.memstacks.collect;

import java.util.List;
import org.memstacks.bpf.Layouts.Hook;
import org.memstacks.site.ComputedTarget;

/**
 * A function that allocates or frees, with the positions of its arguments (from 1; 0: it has none
 * of the kind).
 *
 * @param symbol as objects define it
 * @param name for people: of an operator of C++ its declaration, else the symbol
 * @param operation what it does, as {@link Hook} numbers it
 * @param size position of the size in bytes
 * @param count position of the number of elements to multiply the size with
 * @param pointer position of the old block, the block to free, or where the result is stored
 * @param alignment position of the alignment
 * @param throwing whether an exception may leave it, or who wrote it is not known: then longjmp,
 *     the end of its thread or a switch to another stack may as well
 * @param sizeBits how many bits of its register hold the size: {@link #BITS}, or 32, 16 or 8; 0:
 *     not known, taken for all
 * @param countBits likewise of the number of elements
 */
public record AllocatorFunction(
    String symbol,
    String name,
    int operation,
    int size,
    int count,
    int pointer,
    int alignment,
    boolean throwing,
    int sizeBits,
    int countBits) {

  /** Of a register. */
  static final int BITS = 64;

  /** Most hooks of one process; their numbers have 16 bits, and two are set apart. */
  static final int MAX_HOOKS = 0xfffe;

  static AllocatorFunction allocation(String symbol, int size) {
    return of(symbol, Hook.ALLOC, size, 0, 0, 0);
  }

  static AllocatorFunction product(String symbol, int count, int size) {
    return of(symbol, Hook.ALLOC, size, count, 0, 0);
  }

  static AllocatorFunction aligned(String symbol, int alignment, int size) {
    return of(symbol, Hook.ALLOC, size, 0, 0, alignment);
  }

  static AllocatorFunction reallocation(String symbol, int pointer, int size) {
    return of(symbol, Hook.REALLOC, size, 0, pointer, 0);
  }

  static AllocatorFunction reallocation(String symbol, int pointer, int count, int size) {
    return of(symbol, Hook.REALLOC, size, count, pointer, 0);
  }

  static AllocatorFunction resizing(String symbol, int pointer, int size) {
    return of(symbol, Hook.RESIZE, size, 0, pointer, 0);
  }

  static AllocatorFunction into(String symbol, int pointer, int alignment, int size) {
    return of(symbol, Hook.ALLOC_INTO, size, 0, pointer, alignment);
  }

  static AllocatorFunction freeing(String symbol, int pointer) {
    return of(symbol, Hook.FREE, 0, 0, pointer, 0);
  }

  private static AllocatorFunction of(
      String symbol, int operation, int size, int count, int pointer, int alignment) {
    return new AllocatorFunction(
        symbol, symbol, operation, size, count, pointer, alignment, false, 0, 0);
  }

  AllocatorFunction thrown() {
    return with(name, true, sizeBits, countBits);
  }

  /** The same as a function of a program's own, of which nothing is known. */
  AllocatorFunction ofProgram() {
    return isFree() ? this : thrown();
  }

  AllocatorFunction named(String declaration) {
    return with(declaration, throwing, sizeBits, countBits);
  }

  /** The same with arguments of so many bits. */
  AllocatorFunction withBits(int bitsOfSize, int bitsOfCount) {
    return with(name, throwing, bitsOfSize, bitsOfCount);
  }

  private AllocatorFunction with(
      String declaration, boolean leaves, int bitsOfSize, int bitsOfCount) {
    return new AllocatorFunction(
        symbol,
        declaration,
        operation,
        size,
        count,
        pointer,
        alignment,
        leaves,
        bitsOfSize,
        bitsOfCount);
  }

  public boolean isFree() {
    return operation == Hook.FREE;
  }

  /** Whether it is an operator of C++, which may be one in name only and call malloc or free. */
  boolean isOperator() {
    return symbol.startsWith("_Zn") || symbol.startsWith("_Zd");
  }

  /** Whether a call may leave things as they are and still succeed in another way. */
  boolean isResizing() {
    return operation == Hook.RESIZE;
  }

  /** How many of the first arguments a probe reads. */
  int argumentCount() {
    return Math.max(Math.max(size, count), Math.max(pointer, alignment));
  }

  /**
   * What the BPF programs read of a call there.
   *
   * @param id the hook's number
   * @param flags combination of {@link Hook#NULL_IS_MALLOC} and its like
   * @param registers for each argument the machine's number of the register that holds it
   */
  long cookie(int id, long flags, List<Integer> registers) {
    return operation
        | field(size, registers) << Hook.SIZE_ARG_SHIFT
        | field(count, registers) << Hook.COUNT_ARG_SHIFT
        | field(pointer, registers) << Hook.PTR_ARG_SHIFT
        | field(alignment, registers) << Hook.ALIGN_ARG_SHIFT
        | flags << Hook.FLAGS_SHIFT
        | (long) id << Hook.ID_SHIFT
        | halvings(sizeBits) << Hook.SIZE_WIDTH_SHIFT
        | halvings(countBits) << Hook.COUNT_WIDTH_SHIFT;
  }

  private static long halvings(int bits) {
    return bits == 0 ? 0 : Integer.numberOfTrailingZeros(BITS / bits);
  }

  /** The same of a jump by which a call goes on. */
  static long jumpCookie(HookedFunction.Jump jump) {
    if (jump.target().isPresent()) {
      return computedJumpCookie(jump.target().get());
    }
    long condition = jump.condition().isPresent() ? jump.condition().getAsInt() + 1L : 0;
    return Hook.JUMP | condition << Hook.SIZE_ARG_SHIFT;
  }

  private static long computedJumpCookie(ComputedTarget target) {
    return Hook.COMPUTED_JUMP
        | target.base() + 1L << Hook.BASE_SHIFT
        | target.index() + 1L << Hook.INDEX_SHIFT
        | (long) target.scale() << Hook.SCALE_SHIFT
        | (target.inMemory() ? Hook.IN_MEMORY : 0)
        | (long) target.displacement() << Hook.DISPLACEMENT_SHIFT;
  }

  private static long field(int position, List<Integer> registers) {
    return position == 0 ? 0 : registers.get(position - 1) + 1L;
  }
}
