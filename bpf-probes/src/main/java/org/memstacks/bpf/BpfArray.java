package org.memstacks.bpf;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * A mmapable array made while programs run, to be put into an array of maps: a map that a program
 * names cannot grow. Closing it lets go of it here; the kernel keeps it as long as a map holds it.
 */
public final class BpfArray implements AutoCloseable {
  private static final int BPF_MAP_TYPE_ARRAY = 2;
  /* BPF_F_MMAPABLE | BPF_F_INNER_MAP of include/uapi/linux/bpf.h: the second lets sizes differ. */
  private static final int FLAGS = 1 << 10 | 1 << 12;
  /* struct bpf_map_create_opts of libbpf 1.x: sz, four type IDs, map_flags, ... */
  private static final long OPTS_BYTES = 48;
  private static final long OPTS_FLAGS = 28;

  private final Arena arena = Arena.ofShared();
  private final int fd;
  private final MemorySegment memory;

  private BpfArray(int fd, String name, int entries, int valueSize) {
    this.fd = fd;
    this.memory = SharedArray.map(fd, name, entries, valueSize, arena);
  }

  /**
   * @param name at most 15 characters
   * @throws BpfException when the kernel has no memory for it
   */
  public static BpfArray create(String name, int entries, int valueSize) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment options = arena.allocate(OPTS_BYTES, 8);
      options.set(JAVA_LONG, 0, OPTS_BYTES);
      options.set(JAVA_INT, OPTS_FLAGS, FLAGS);
      int fd =
          Libbpf.MAP_CREATE.callInt(
              BPF_MAP_TYPE_ARRAY,
              arena.allocateFrom(name).address(),
              Integer.BYTES,
              valueSize,
              entries,
              options.address());
      if (fd < 0) {
        throw new BpfException(
            "bpf_map_create(%s, %d entries of %d bytes)".formatted(name, entries, valueSize),
            -fd,
            "");
      }
      return new BpfArray(fd, name, entries, valueSize);
    }
  }

  /** The entries, one after the other, shared with the kernel until this is closed. */
  public MemorySegment memory() {
    return memory;
  }

  int fd() {
    return fd;
  }

  @Override
  public void close() {
    arena.close();
    int result = Libbpf.CLOSE_FD.callInt(fd);
    assert result == 0;
  }
}
