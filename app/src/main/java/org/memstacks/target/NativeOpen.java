package org.memstacks.target;

import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.io.FileNotFoundException;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Map;
import org.memstacks.elf.FileState;
import org.memstacks.foreign.NativeFunction;

/**
 * Opens files whose paths the traced process controls. openat2(2) names the inode without opening
 * it (O_PATH: no FIFO blocks, no device acts), the inode is checked, and exactly that one is opened
 * for reading through /proc/self/fd. Java's own file API has neither O_PATH nor a root that
 * symbolic links cannot leave, and cannot express every file name in every locale.
 */
final class NativeOpen {
  private static final int SYS_OPENAT2 = 437;
  private static final int O_PATH = 010000000;
  private static final int O_CLOEXEC = 02000000;
  private static final int O_DIRECTORY = 0200000;
  private static final int O_NOFOLLOW = 0400000;
  private static final long RESOLVE_NO_MAGICLINKS = 0x02;
  private static final long RESOLVE_IN_ROOT = 0x10;
  private static final int AT_FDCWD = -100;
  private static final int EPERM = 1;
  private static final int ENOENT = 2;
  private static final int EACCES = 13;
  private static final int ENOTDIR = 20;
  private static final int S_IFMT = 0170000;
  private static final int S_IFREG = 0100000;

  private static final NativeFunction SYSCALL = NativeFunction.ofC("syscall").orElseThrow();
  private static final NativeFunction CLOSE = NativeFunction.ofC("close").orElseThrow();

  private NativeOpen() {}

  /**
   * A regular file, open for reading, with what was known of it when it was.
   *
   * @param state to be closed, too
   * @param names hard links
   */
  record Opened(FileChannel channel, FileState state, long inode, int owner, long size, int names) {
    void close() throws IOException {
      channel.close();
      state.close();
    }
  }

  /** Size and time of the last change, of the inode itself: its names may come and go. */
  private static final class Stamp implements FileState {
    private final Path self;
    private final int fd;
    private final List<Object> then;

    Stamp(int fd) throws IOException {
      this.fd = fd;
      this.self = Path.of("/proc/self/fd", Integer.toString(fd));
      this.then = now();
    }

    private List<Object> now() throws IOException {
      Map<String, Object> attributes = Files.readAttributes(self, "unix:size,lastModifiedTime");
      return List.of(attributes.get("size"), attributes.get("lastModifiedTime"));
    }

    @Override
    public boolean hasChanged() {
      try {
        return !now().equals(then);
      } catch (IOException e) {
        return true;
      }
    }

    @Override
    public void close() {
      NativeOpen.close(fd);
    }
  }

  /** Opens a path of the kernel's making, such as /proc/PID/map_files/..., following it. */
  static Opened follow(String path) throws IOException {
    int fd = openat2(AT_FDCWD, path.getBytes(StandardCharsets.UTF_8), 0, 0, path);
    return reopen(fd, path);
  }

  /**
   * Opens a path below a directory that stands as the root: no symbolic link, and no "..", leads
   * out of it.
   *
   * @param directory from {@link #directory}
   * @param rawPath one character per byte
   * @param followLink whether the path may name a symbolic link
   */
  static Opened below(int directory, String rawPath, boolean followLink, String shown)
      throws IOException {
    byte[] path = rawPath.getBytes(StandardCharsets.ISO_8859_1);
    int flags = followLink ? 0 : O_NOFOLLOW;
    int fd = openat2(directory, path, flags, RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS, shown);
    return reopen(fd, shown);
  }

  /** A directory, to be closed by {@link #close}. */
  static int directory(String path) throws IOException {
    return openat2(AT_FDCWD, path.getBytes(StandardCharsets.UTF_8), O_DIRECTORY, 0, path);
  }

  /** Takes the descriptor over. */
  private static Opened reopen(int fd, String shown) throws IOException {
    try {
      Path self = Path.of("/proc/self/fd", Integer.toString(fd));
      Map<String, Object> attributes = Files.readAttributes(self, "unix:mode,ino,uid,size,nlink");
      if (((Integer) attributes.get("mode") & S_IFMT) != S_IFREG) {
        throw new IOException(shown + " is not a regular file");
      }
      Stamp stamp = new Stamp(fd);
      return new Opened(
          FileChannel.open(self, StandardOpenOption.READ),
          stamp,
          (Long) attributes.get("ino"),
          (Integer) attributes.get("uid"),
          (Long) attributes.get("size"),
          (Integer) attributes.get("nlink"));
    } catch (IOException | RuntimeException e) {
      close(fd);
      throw e;
    }
  }

  private static int openat2(int directory, byte[] path, int flags, long resolve, String shown)
      throws IOException {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment cPath = arena.allocate(path.length + 1L);
      cPath.asByteBuffer().put(path);
      MemorySegment how = arena.allocate(24, 8);
      how.set(JAVA_LONG, 0, O_PATH | O_CLOEXEC | flags);
      how.set(JAVA_LONG, 16, resolve);
      MemorySegment state = NativeFunction.callState(arena);
      long fd =
          SYSCALL.call(
              state, SYS_OPENAT2, directory, cPath.address(), how.address(), how.byteSize());
      if (fd < 0) {
        int errno = NativeFunction.errno(state);
        throw switch (errno) {
          case ENOENT, ENOTDIR -> new FileNotFoundException(shown + ": no such file");
          case EPERM, EACCES -> new AccessDeniedException(shown, null, "may not be read");
          default -> new IOException(shown + ": cannot be opened (errno " + errno + ")");
        };
      }
      return (int) fd;
    }
  }

  static void close(int fd) {
    CLOSE.call(fd);
  }
}
