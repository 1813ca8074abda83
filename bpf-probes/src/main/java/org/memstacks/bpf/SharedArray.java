package org.memstacks.bpf;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/** Memory of mmapable array maps. */
final class SharedArray {
  private static final int PROT_READ = 1;
  private static final int PROT_WRITE = 2;
  private static final int MAP_SHARED = 1;
  private static final long PAGE = 4096;

  private SharedArray() {}

  /**
   * The entries, one after the other, shared with the kernel until the arena closes.
   *
   * @param valueSize as the map was created with; entries begin at multiples of eight bytes
   */
  static MemorySegment map(int fd, String name, int entries, int valueSize, Arena arena) {
    long bytes = Math.ceilDiv((long) entries * ((valueSize + 7) & ~7), PAGE) * PAGE;
    MemorySegment state = Libbpf.callState(arena);
    try {
      MemorySegment address =
          (MemorySegment)
              Libbpf.MMAP.invokeExact(
                  state, MemorySegment.NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0L);
      if (address.address() == -1) {
        throw new BpfException(
            "mmap(map " + name + ", " + bytes + " bytes)", Libbpf.errno(state), "");
      }
      return address.reinterpret(bytes, arena, SharedArray::unmap);
    } catch (BpfException e) {
      throw e;
    } catch (Throwable e) {
      throw Libbpf.unexpected("mmap", e);
    }
  }

  private static void unmap(MemorySegment memory) {
    try {
      int result = (int) Libbpf.MUNMAP.invokeExact(memory, memory.byteSize());
      assert result == 0;
    } catch (Throwable e) {
      throw Libbpf.unexpected("munmap", e);
    }
  }
}
