package org.memstacks.bpf;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import org.memstacks.foreign.NativeFunction;

/** Memory of maps that can be mapped: arrays and rings. */
final class SharedArray {
  private static final int PROT_READ = 1;
  private static final int PROT_WRITE = 2;
  private static final int MAP_SHARED = 1;
  static final long PAGE = 4096;

  private SharedArray() {}

  /**
   * The entries, one after the other, shared with the kernel until the arena closes.
   *
   * @param valueSize as the map was created with; entries begin at multiples of eight bytes
   */
  static MemorySegment map(int fd, String name, int entries, int valueSize, Arena arena) {
    long bytes = Math.ceilDiv((long) entries * ((valueSize + 7) & ~7), PAGE) * PAGE;
    return map(fd, name, 0, bytes, true, arena);
  }

  /**
   * A part of what a map shows, until the arena closes.
   *
   * @param offset in bytes, whole pages
   * @param bytes whole pages
   */
  static MemorySegment map(
      int fd, String name, long offset, long bytes, boolean writable, Arena arena) {
    int protection = writable ? PROT_READ | PROT_WRITE : PROT_READ;
    long address = map(fd, name, offset, bytes, protection);
    return MemorySegment.ofAddress(address).reinterpret(bytes, arena, SharedArray::unmap);
  }

  private static long map(int fd, String name, long offset, long bytes, int protection) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment state = NativeFunction.callState(arena);
      long address = Libbpf.MMAP.call(state, 0, bytes, protection, MAP_SHARED, fd, offset);
      if (address == -1) {
        throw new BpfException(
            "mmap(map " + name + ", " + bytes + " bytes)", NativeFunction.errno(state), "");
      }
      return address;
    }
  }

  private static void unmap(MemorySegment memory) {
    int result = Libbpf.MUNMAP.callInt(memory.address(), memory.byteSize());
    assert result == 0;
  }
}
