package org.memstacks.target;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.AccessDeniedException;
import java.nio.file.NoSuchFileException;
import org.memstacks.foreign.NativeFunction;

/** A file of the kernel's making, open for reading, on which ioctl(2) works: Java's have none. */
final class NativeFile implements AutoCloseable {
  private static final int O_CLOEXEC = 02000000;
  private static final int EPERM = 1;
  private static final int ENOENT = 2;
  private static final int ESRCH = 3;
  private static final int EACCES = 13;

  private static final NativeFunction OPEN = NativeFunction.ofC("open").orElseThrow();
  private static final NativeFunction IOCTL = NativeFunction.ofC("ioctl").orElseThrow();
  private static final NativeFunction PREAD = NativeFunction.ofC("pread").orElseThrow();
  private static final NativeFunction CLOSE = NativeFunction.ofC("close").orElseThrow();

  private final int fd;
  private final String path;
  private boolean closed;

  private NativeFile(int fd, String path) {
    this.fd = fd;
    this.path = path;
  }

  /**
   * @throws NoSuchFileException when it does not exist
   * @throws AccessDeniedException when it may not be opened
   */
  static NativeFile open(String path) throws IOException {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment state = NativeFunction.callState(arena);
      int fd = (int) OPEN.call(state, arena.allocateFrom(path).address(), O_CLOEXEC);
      if (fd >= 0) {
        return new NativeFile(fd, path);
      }
      int errno = NativeFunction.errno(state);
      throw switch (errno) {
        case ENOENT, ESRCH -> new NoSuchFileException(path);
        case EPERM, EACCES -> new AccessDeniedException(path, null, "may not be read");
        default -> new IOException(path + ": cannot be opened (errno " + errno + ")");
      };
    }
  }

  /**
   * @return what it returned, or the negative error number
   */
  int ioctl(long request, MemorySegment argument) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment state = NativeFunction.callState(arena);
      int result = (int) IOCTL.call(state, fd, request, argument.address());
      return result >= 0 ? result : -NativeFunction.errno(state);
    }
  }

  /**
   * Reads at a position.
   *
   * @return bytes read, 0 at the end
   */
  long read(MemorySegment into, long position) throws IOException {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment state = NativeFunction.callState(arena);
      long result = PREAD.call(state, fd, into.address(), into.byteSize(), position);
      if (result < 0) {
        throw new IOException(
            path + ": cannot be read (errno " + NativeFunction.errno(state) + ")");
      }
      return result;
    }
  }

  @Override
  public void close() {
    if (closed) {
      return;
    }
    closed = true;
    CLOSE.call(fd);
  }
}
