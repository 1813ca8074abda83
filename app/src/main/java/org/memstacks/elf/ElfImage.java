package org.memstacks.elf;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.channels.FileChannel;
import java.util.concurrent.atomic.AtomicLong;

/**
 * The bytes of one object. A file is copied piece by piece into memory of our own instead of being
 * mapped: the traced process may truncate or rewrite its file at any moment, and a mapping would
 * turn that into a fault (SIGBUS) or into bytes that change after they were checked.
 */
abstract sealed class ElfImage implements AutoCloseable {
  /** The largest piece that is ever read at once; symbol tables of 2 million entries fit. */
  private static final long MAX_PIECE = 512L << 20;

  /** What may be handed out beyond four times the size: overlapping sections must not add up. */
  private static final long SLACK = 16L << 20;

  private final String name;
  private final long size;
  private final AtomicLong handedOut = new AtomicLong();

  private ElfImage(String name, long size) {
    this.name = name;
    this.size = size;
  }

  static ElfImage of(MemorySegment bytes, String name) {
    return new InMemory(bytes.asReadOnly(), name);
  }

  static ElfImage of(FileChannel channel, FileState state, String name) throws IOException {
    return new InFile(channel, state, name);
  }

  /** Whether it is a file that was written to since. */
  boolean hasChanged() {
    return false;
  }

  final String name() {
    return name;
  }

  final long size() {
    return size;
  }

  /**
   * The bytes of [offset, offset + length), read-only.
   *
   * @throws ElfException when the range leaves the object or is absurdly large
   */
  final MemorySegment bytes(long offset, long length, String what) throws IOException {
    if (offset < 0 || length < 0 || length > size || offset > size - length) {
      throw new ElfException(
          "%s: %s lies outside the file (offset %#x, length %#x, file size %#x)"
              .formatted(name, what, offset, length, size));
    }
    if (length > MAX_PIECE) {
      throw new ElfException("%s: %s is too large (%d bytes)".formatted(name, what, length));
    }
    if (handedOut.addAndGet(length) > 4 * size + SLACK) {
      throw new ElfException(name + ": its sections overlap many times over");
    }
    return length == 0 ? MemorySegment.NULL : read(offset, length);
  }

  abstract MemorySegment read(long offset, long length) throws IOException;

  @Override
  public abstract void close() throws IOException;

  private static final class InMemory extends ElfImage {
    private final MemorySegment bytes;

    InMemory(MemorySegment bytes, String name) {
      super(name, bytes.byteSize());
      this.bytes = bytes;
    }

    @Override
    MemorySegment read(long offset, long length) {
      return bytes.asSlice(offset, length);
    }

    @Override
    public void close() {}
  }

  private static final class InFile extends ElfImage {
    private final FileChannel channel;
    private final FileState state;
    private final Arena arena = Arena.ofShared();

    InFile(FileChannel channel, FileState state, String name) throws IOException {
      super(name, channel.size());
      this.channel = channel;
      this.state = state;
    }

    @Override
    boolean hasChanged() {
      return state.hasChanged();
    }

    @Override
    MemorySegment read(long offset, long length) throws IOException {
      MemorySegment copy = arena.allocate(length, Long.BYTES);
      var buffer = copy.asByteBuffer();
      while (buffer.hasRemaining()) {
        if (channel.read(buffer, offset + buffer.position()) < 0) {
          throw new ElfException(
              "%s: shrank while it was read (now %#x bytes)".formatted(name(), channel.size()));
        }
      }
      // What was read before, and what comes now, would be pieces of two objects.
      if (hasChanged()) {
        throw new ElfException(name() + ": was overwritten after it was loaded");
      }
      return copy.asReadOnly();
    }

    @Override
    public void close() throws IOException {
      if (arena.scope().isAlive()) {
        arena.close();
      }
      channel.close();
      state.close();
    }
  }
}
