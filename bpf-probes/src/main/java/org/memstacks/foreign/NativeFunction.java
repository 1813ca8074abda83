package org.memstacks.foreign;

import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;
import java.lang.foreign.SymbolLookup;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.VarHandle;
import java.util.Optional;

/**
 * A function of C whose arguments and result are integers or pointers, {@value #MAX_ARGUMENTS} at
 * most. All are called in one shape: the JVM spends milliseconds on each shape it has not called
 * yet, and what a function does not take does not harm it. By the calling conventions (System V ABI
 * for x86-64, 3.2.3; AAPCS64, 6.8.2) each of these arguments has a register or eight bytes of the
 * stack of its own, which the caller cleans up; a callee does not look at more of them than it
 * declares, nor at more bits. The same holds for variadic functions.
 */
public final class NativeFunction {
  private static final int MAX_ARGUMENTS = 7;

  private static final Linker LINKER = Linker.nativeLinker();
  private static final StructLayout CALL_STATE = Linker.Option.captureStateLayout();
  private static final VarHandle ERRNO =
      CALL_STATE.varHandle(MemoryLayout.PathElement.groupElement("errno"));
  private static final MethodHandle CALL =
      LINKER.downcallHandle(
          FunctionDescriptor.of(
              JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG,
              JAVA_LONG),
          Linker.Option.captureCallState("errno"));

  /* Where calls leave an errno that nobody asked for. */
  private static final MemorySegment UNREAD = callState(Arena.global());

  private final MemorySegment address;

  private NativeFunction(MemorySegment address) {
    this.address = address;
  }

  /** A function of the C library; empty when it has none of this name. */
  public static Optional<NativeFunction> ofC(String name) {
    return of(LINKER.defaultLookup(), name);
  }

  /** A function of a library; empty when it has none of this name. */
  public static Optional<NativeFunction> of(SymbolLookup library, String name) {
    return library.find(name).map(NativeFunction::new);
  }

  /** Room for errno during one call. */
  public static MemorySegment callState(Arena arena) {
    return arena.allocate(CALL_STATE);
  }

  /** What a call left in its state; meaningful after a failure only. */
  public static int errno(MemorySegment callState) {
    return (int) ERRNO.get(callState, 0L);
  }

  /**
   * Calls it. Memory whose address is passed must be kept alive until it has returned.
   *
   * @return all 64 bits of the register that the result is in
   */
  public long call(long... arguments) {
    return call(UNREAD, arguments);
  }

  /**
   * Calls a function that returns an int, or something narrower that it widens.
   *
   * @see #call(long...)
   */
  public int callInt(long... arguments) {
    return (int) call(UNREAD, arguments);
  }

  /**
   * Calls it and keeps errno.
   *
   * @param callState from {@link #callState}
   * @see #call(long...)
   */
  public long call(MemorySegment callState, long... arguments) {
    if (arguments.length > MAX_ARGUMENTS) {
      throw new IllegalArgumentException(arguments.length + " arguments");
    }
    try {
      return (long)
          CALL.invokeExact(
              address,
              callState,
              at(arguments, 0),
              at(arguments, 1),
              at(arguments, 2),
              at(arguments, 3),
              at(arguments, 4),
              at(arguments, 5),
              at(arguments, 6));
    } catch (RuntimeException | Error e) {
      throw e;
    } catch (Throwable e) {
      // A C function throws nothing.
      throw new AssertionError(e);
    }
  }

  private static long at(long[] arguments, int index) {
    return index < arguments.length ? arguments[index] : 0;
  }
}
