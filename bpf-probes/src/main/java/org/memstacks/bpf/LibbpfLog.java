package org.memstacks.bpf;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;

/**
 * Collects libbpf's warnings, the verifier's log among them, while it is open. libbpf is silent
 * otherwise.
 */
final class LibbpfLog implements AutoCloseable {
  private static final int LINE_BYTES = 1 << 20;
  private static final int KEPT_CHARS = 1 << 20;
  private static final int LEVEL_WARN = 0;

  private final Arena arena = Arena.ofConfined();
  private final MemorySegment line = arena.allocate(LINE_BYTES);
  private final StringBuilder text = new StringBuilder();

  LibbpfLog() {
    try {
      MethodHandle print =
          MethodHandles.lookup()
              .bind(
                  this,
                  "print",
                  MethodType.methodType(
                      int.class, int.class, MemorySegment.class, MemorySegment.class));
      // The va_list travels as a pointer on x86-64 and arm64 alike.
      MemorySegment stub =
          Linker.nativeLinker()
              .upcallStub(
                  print, FunctionDescriptor.of(JAVA_INT, JAVA_INT, ADDRESS, ADDRESS), arena);
      setPrint(stub);
    } catch (NoSuchMethodException | IllegalAccessException e) {
      throw Libbpf.unexpected("libbpf_set_print", e);
    }
  }

  String text() {
    return text.toString();
  }

  @Override
  public void close() {
    setPrint(MemorySegment.NULL);
    arena.close();
  }

  private static void setPrint(MemorySegment stub) {
    try {
      MemorySegment before = (MemorySegment) Libbpf.SET_PRINT.invokeExact(stub);
      assert before != null;
    } catch (Throwable e) {
      throw Libbpf.unexpected("libbpf_set_print", e);
    }
  }

  /** Called by libbpf: must not throw, that would end the JVM. */
  @SuppressWarnings("unused")
  private int print(int level, MemorySegment format, MemorySegment arguments) {
    if (level != LEVEL_WARN || text.length() > KEPT_CHARS) {
      return 0;
    }
    try {
      int length = (int) Libbpf.VSNPRINTF.invokeExact(line, (long) LINE_BYTES, format, arguments);
      text.append(line.getString(0));
      return length;
    } catch (Throwable e) {
      return 0;
    }
  }
}
