package org.memstacks.target;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.VarHandle;
import java.nio.file.AccessDeniedException;
import java.nio.file.NoSuchFileException;

/** A file of the kernel's making, open for reading, on which ioctl(2) works: Java's have none. */
final class NativeFile implements AutoCloseable {
  private static final int O_CLOEXEC = 02000000;
  private static final int EPERM = 1;
  private static final int ENOENT = 2;
  private static final int ESRCH = 3;
  private static final int EACCES = 13;

  private static final Linker LINKER = Linker.nativeLinker();
  private static final StructLayout STATE = Linker.Option.captureStateLayout();
  private static final VarHandle ERRNO =
      STATE.varHandle(MemoryLayout.PathElement.groupElement("errno"));
  private static final MethodHandle OPEN =
      handle("open", FunctionDescriptor.of(JAVA_INT, ADDRESS, JAVA_INT), 2);
  private static final MethodHandle IOCTL =
      handle("ioctl", FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_LONG, ADDRESS), 2);
  private static final MethodHandle PREAD =
      handle(
          "pread", FunctionDescriptor.of(JAVA_LONG, JAVA_INT, ADDRESS, JAVA_LONG, JAVA_LONG), -1);
  private static final MethodHandle CLOSE =
      LINKER.downcallHandle(
          LINKER.defaultLookup().findOrThrow("close"), FunctionDescriptor.of(JAVA_INT, JAVA_INT));

  private final int fd;
  private final String path;
  private boolean closed;

  private NativeFile(int fd, String path) {
    this.fd = fd;
    this.path = path;
  }

  private static MethodHandle handle(String name, FunctionDescriptor shape, int firstVariadic) {
    MemorySegment address = LINKER.defaultLookup().findOrThrow(name);
    Linker.Option errno = Linker.Option.captureCallState("errno");
    return firstVariadic < 0
        ? LINKER.downcallHandle(address, shape, errno)
        : LINKER.downcallHandle(
            address, shape, errno, Linker.Option.firstVariadicArg(firstVariadic));
  }

  /**
   * @throws NoSuchFileException when it does not exist
   * @throws AccessDeniedException when it may not be opened
   */
  static NativeFile open(String path) throws IOException {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment state = arena.allocate(STATE);
      int fd = (int) OPEN.invokeExact(state, arena.allocateFrom(path), O_CLOEXEC);
      if (fd >= 0) {
        return new NativeFile(fd, path);
      }
      int errno = (int) ERRNO.get(state, 0L);
      throw switch (errno) {
        case ENOENT, ESRCH -> new NoSuchFileException(path);
        case EPERM, EACCES -> new AccessDeniedException(path);
        default -> new IOException(path + ": cannot be opened (errno " + errno + ")");
      };
    } catch (IOException | RuntimeException | Error e) {
      throw e;
    } catch (Throwable e) {
      throw new AssertionError(e);
    }
  }

  /**
   * @return what it returned, or the negative error number
   */
  int ioctl(long request, MemorySegment argument) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment state = arena.allocate(STATE);
      int result = (int) IOCTL.invokeExact(state, fd, request, argument);
      return result >= 0 ? result : -(int) ERRNO.get(state, 0L);
    } catch (RuntimeException | Error e) {
      throw e;
    } catch (Throwable e) {
      throw new AssertionError(e);
    }
  }

  /**
   * Reads at a position.
   *
   * @return bytes read, 0 at the end
   */
  long read(MemorySegment into, long position) throws IOException {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment state = arena.allocate(STATE);
      long result = (long) PREAD.invokeExact(state, fd, into, into.byteSize(), position);
      if (result < 0) {
        throw new IOException(path + ": cannot be read (errno " + (int) ERRNO.get(state, 0L) + ")");
      }
      return result;
    } catch (IOException | RuntimeException | Error e) {
      throw e;
    } catch (Throwable e) {
      throw new AssertionError(e);
    }
  }

  @Override
  public void close() {
    if (closed) {
      return;
    }
    closed = true;
    try {
      int ignored = (int) CLOSE.invokeExact(fd);
    } catch (RuntimeException | Error e) {
      throw e;
    } catch (Throwable e) {
      throw new AssertionError(e);
    }
  }
}
