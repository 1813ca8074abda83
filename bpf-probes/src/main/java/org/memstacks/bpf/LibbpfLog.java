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
 * Collects the warnings that libbpf has for this thread, the verifier's log among them, while it is
 * open. libbpf is silent otherwise.
 *
 * <p>libbpf has one print function for the whole process and calls it on the thread that called
 * libbpf. So there is one for good, which looks for the thread's open log: one for each log would
 * be gone while another thread is still calling it.
 */
final class LibbpfLog implements AutoCloseable {
  private static final int LINE_BYTES = 1 << 20;
  private static final int KEPT_CHARS = 1 << 20;
  private static final int LEVEL_WARN = 0;

  private static final ThreadLocal<LibbpfLog> OPEN = new ThreadLocal<>();
  private static final MemorySegment PRINT = printFunction();

  private final Arena arena = Arena.ofConfined();
  private final StringBuilder text = new StringBuilder();
  private MemorySegment line;

  LibbpfLog() {
    OPEN.set(this);
    Libbpf.SET_PRINT.call(PRINT.address());
  }

  String text() {
    return text.toString();
  }

  @Override
  public void close() {
    OPEN.remove();
    arena.close();
  }

  private static MemorySegment printFunction() {
    try {
      MethodHandle print =
          MethodHandles.lookup()
              .findStatic(
                  LibbpfLog.class,
                  "print",
                  MethodType.methodType(
                      int.class, int.class, MemorySegment.class, MemorySegment.class));
      // The va_list travels as a pointer on x86-64 and arm64 alike.
      return Linker.nativeLinker()
          .upcallStub(
              print, FunctionDescriptor.of(JAVA_INT, JAVA_INT, ADDRESS, ADDRESS), Arena.global());
    } catch (NoSuchMethodException | IllegalAccessException e) {
      throw new AssertionError(e);
    }
  }

  /** Called by libbpf: must not throw, that would end the JVM. */
  @SuppressWarnings("unused")
  private static int print(int level, MemorySegment format, MemorySegment arguments) {
    LibbpfLog log = OPEN.get();
    if (level != LEVEL_WARN || log == null || log.text.length() > KEPT_CHARS) {
      return 0;
    }
    try {
      return log.append(format, arguments);
    } catch (Throwable e) {
      return 0;
    }
  }

  private int append(MemorySegment format, MemorySegment arguments) {
    if (line == null) {
      line = arena.allocate(LINE_BYTES);
    }
    int length =
        Libbpf.VSNPRINTF.callInt(line.address(), LINE_BYTES, format.address(), arguments.address());
    text.append(line.getString(0));
    return length;
  }
}
