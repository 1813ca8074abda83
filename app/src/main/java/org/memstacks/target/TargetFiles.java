package org.memstacks.target;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.file.AccessDeniedException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.OptionalInt;
import org.memstacks.elf.ElfFile;

/**
 * Files as the process sees them, opened without trusting it: only regular files, never through a
 * symbolic link that leads out of its root directory. Until this is closed, paths can be opened
 * even when the process is gone.
 */
public final class TargetFiles implements AutoCloseable {
  /** A larger object is refused; the largest known, with debug data, are below 10 GiB. */
  private static final long MAX_OBJECT = 64L << 30;

  private static final long MAX_VDSO = 1 << 20;

  private final long pid;
  private final TargetRoot root;

  public TargetFiles(long pid) {
    this.pid = pid;
    this.root = new TargetRoot(pid);
  }

  /**
   * The path under which the kernel finds the very file that is mapped there, deleted or in another
   * mount namespace.
   */
  public static Path mapFile(long pid, Mapping mapping) {
    return Path.of(
        "/proc/"
            + pid
            + "/map_files/"
            + Long.toHexString(mapping.start())
            + "-"
            + Long.toHexString(mapping.end()));
  }

  /**
   * Opens the object a mapping shows. /proc/PID/map_files answers for deleted, replaced and
   * foreign-namespace files too; where that is refused, the path below the process's root serves if
   * it still leads to the same inode.
   *
   * @throws IOException when it is no file, is gone, or is no ELF object we read
   */
  public ElfFile openObject(Mapping mapping) throws IOException {
    if (mapping.isVdso()) {
      return ElfFile.of(readMemory(mapping), mapping.rawName());
    }
    if (mapping.inode() == 0) {
      throw new IOException("no file lies behind the mapping " + mapping.name());
    }
    NativeOpen.Opened file = openMapped(mapping);
    if (file.size() > MAX_OBJECT) {
      file.close();
      throw new IOException(
          mapping.name() + ": " + file.size() + " bytes are more than an object has");
    }
    return ElfFile.open(file.channel(), file.state(), mapping.name());
  }

  /**
   * Opens a regular file by a path in the process's own file system tree.
   *
   * @param maxSize in bytes; a larger file is refused
   * @param owner the user it must belong to, or empty for anyone
   */
  public InputStream open(String path, long maxSize, OptionalInt owner) throws IOException {
    return Channels.newInputStream(openChannel(path, maxSize, owner));
  }

  /** As {@link #open}, for reading at any position. */
  public FileChannel openChannel(String path, long maxSize, OptionalInt owner) throws IOException {
    return accept(root.open(path, true), path, maxSize, owner);
  }

  /**
   * As {@link #openChannel}, for a file of another user than the process's, in a directory where
   * the process may put names: it could name a file there that it may not read itself. So no
   * symbolic link is followed, and the file must have this one name.
   */
  public FileChannel openUnlinked(String path, long maxSize, int owner) throws IOException {
    NativeOpen.Opened file = root.open(path, false);
    if (file.names() > 1) {
      file.close();
      throw new IOException(path + ": has several names");
    }
    return accept(file, path, maxSize, OptionalInt.of(owner));
  }

  /**
   * The path by which the process itself knows a file that it has mapped.
   *
   * @param rawPath as in its memory map, one character per byte
   */
  public String inside(String rawPath) {
    return root.inside(rawPath);
  }

  @Override
  public void close() {
    root.close();
  }

  private static FileChannel accept(
      NativeOpen.Opened file, String path, long maxSize, OptionalInt owner) throws IOException {
    String reason = null;
    if (file.size() > maxSize) {
      reason = "is larger than " + maxSize + " bytes";
    } else if (owner.isPresent() && file.owner() != owner.getAsInt()) {
      reason = "belongs to user " + file.owner() + ", not " + owner.getAsInt();
    }
    if (reason != null) {
      file.close();
      throw new IOException(path + ": " + reason);
    }
    file.state().close();
    return file.channel();
  }

  private NativeOpen.Opened openMapped(Mapping mapping) throws IOException {
    String mapFile = mapFile(pid, mapping).toString();
    try {
      return NativeOpen.follow(mapFile);
    } catch (IOException refused) {
      if (mapping.deleted()) {
        throw refused;
      }
      NativeOpen.Opened file = root.open(root.inside(mapping.rawName()), true);
      if (file.inode() != mapping.inode()) {
        file.close();
        throw new IOException(mapping.name() + ": was replaced by another file", refused);
      }
      return file;
    }
  }

  /** The bytes of a small mapping, out of the process's memory. */
  private MemorySegment readMemory(Mapping mapping) throws IOException {
    long length = mapping.end() - mapping.start();
    if (length > MAX_VDSO) {
      throw new IOException(mapping.name() + ": " + length + " bytes are too many");
    }
    MemorySegment copy = Arena.ofAuto().allocate(length, Long.BYTES);
    Path memory = Path.of("/proc", Long.toString(pid), "mem");
    try (FileChannel channel = FileChannel.open(memory, StandardOpenOption.READ)) {
      var buffer = copy.asByteBuffer();
      while (buffer.hasRemaining()) {
        if (channel.read(buffer, mapping.start() + buffer.position()) < 0) {
          throw new EOFException("the process ended");
        }
      }
    } catch (AccessDeniedException e) {
      throw new AccessDeniedException(e.getFile(), null, "may not be read");
    }
    return copy;
  }
}
