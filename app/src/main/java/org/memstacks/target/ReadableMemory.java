package org.memstacks.target;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.AccessDeniedException;
import org.memstacks.foreign.NativeFunction;

/**
 * A process's memory as the process itself may read it: process_vm_readv(2), which leaves alone
 * what is protected from reading (mprotect, guard pages, protection keys), as {@link ProcessMemory}
 * does not.
 */
public final class ReadableMemory {
  private static final int EPERM = 1;
  private static final int ESRCH = 3;
  private static final int EFAULT = 14;
  private static final NativeFunction READ = NativeFunction.ofC("process_vm_readv").orElseThrow();

  private final int pid;

  /** Of the process that has this number now. */
  public ReadableMemory(int pid) {
    this.pid = pid;
  }

  /** What was asked for, in full, or why not. */
  public sealed interface Content {
    /** All of it. */
    record Bytes(byte[] bytes) implements Content {}

    /** Some of it is mapped, but not to be read. */
    record Protected() implements Content {}

    /** Some of it is not mapped. */
    record Unmapped() implements Content {}
  }

  /**
   * @throws IOException when the process has ended, or may not be looked into
   */
  public Content read(long address, int length) throws IOException {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment buffer = arena.allocate(Math.max(length, 1));
      // struct iovec: address, length; ours and theirs.
      MemorySegment parts = arena.allocate(32, 8);
      parts.set(JAVA_LONG, 0, buffer.address());
      parts.set(JAVA_LONG, 8, length);
      parts.set(JAVA_LONG, 16, address);
      parts.set(JAVA_LONG, 24, length);
      MemorySegment state = NativeFunction.callState(arena);
      long read = READ.call(state, pid, parts.address(), 1, parts.address() + 16, 1, 0);
      if (read == length) {
        return new Content.Bytes(buffer.asSlice(0, length).toArray(JAVA_BYTE));
      }
      if (read < 0 && NativeFunction.errno(state) != EFAULT) {
        throw failure(NativeFunction.errno(state));
      }
      return MemoryMap.of(pid).find(address + Math.max(read, 0)).isPresent()
          ? new Content.Protected()
          : new Content.Unmapped();
    }
  }

  private IOException failure(int errno) {
    return switch (errno) {
      case ESRCH -> new TargetException("process " + pid + " has ended");
      case EPERM -> new AccessDeniedException("the memory of process " + pid);
      default ->
          new IOException(
              "the memory of process %d cannot be read (errno %d)".formatted(pid, errno));
    };
  }
}
