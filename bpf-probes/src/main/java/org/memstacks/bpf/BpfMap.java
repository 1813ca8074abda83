package org.memstacks.bpf;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/** A map of a {@link BpfObject}; valid as long as the object is open. */
public final class BpfMap {
  private static final int BATCH = 4096;

  private final long map;
  private final String name;

  BpfMap(long map, String name) {
    this.map = map;
    this.name = name;
  }

  /** Takes one entry of a hash map. The segments are reused: copy what is to be kept. */
  @FunctionalInterface
  public interface EntryVisitor {
    void visit(MemorySegment key, MemorySegment value);
  }

  /** Before load: how many entries the map holds. */
  public void setMaxEntries(int entries) {
    check(Libbpf.MAP_SET_MAX_ENTRIES.callInt(map, entries), "bpf_map__set_max_entries");
  }

  public int maxEntries() {
    return Libbpf.MAP_MAX_ENTRIES.callInt(map);
  }

  public int keySize() {
    return Libbpf.MAP_KEY_SIZE.callInt(map);
  }

  public int valueSize() {
    return Libbpf.MAP_VALUE_SIZE.callInt(map);
  }

  /** Before load: the contents of a section such as .rodata, writable in place. */
  public MemorySegment initialValue() {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment size = arena.allocate(JAVA_LONG);
      long value = Libbpf.MAP_INITIAL_VALUE.call(map, size.address());
      if (value == 0) {
        throw new BpfException("bpf_map__initial_value(" + name + ")", Errno.EINVAL, "");
      }
      return MemorySegment.ofAddress(value).reinterpret(size.get(JAVA_LONG, 0));
    }
  }

  /**
   * After load: the entries of a mmapable array, one after the other, shared with the kernel until
   * the arena closes.
   *
   * @param arena unmaps the memory when it is closed
   */
  public MemorySegment mapped(Arena arena) {
    return SharedArray.map(fd(), name, maxEntries(), valueSize(), arena);
  }

  /**
   * After load: the ring that programs write records to; one reader at most.
   *
   * @param arena unmaps the memory when it is closed
   */
  public BpfRing ring(Arena arena) {
    return BpfRing.of(fd(), name, maxEntries(), arena);
  }

  /**
   * After load: puts an array into an array of maps. Programs see it from then on; it stays in the
   * kernel as long as this map does.
   */
  public void put(int index, BpfArray array) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment key = arena.allocateFrom(JAVA_INT, index);
      MemorySegment value = arena.allocateFrom(JAVA_INT, array.fd());
      check(
          Libbpf.MAP_UPDATE.callInt(fd(), key.address(), value.address(), 0),
          "bpf_map_update_elem");
    }
  }

  /** After load: puts an entry into a hash map whose keys have 32 bits, and whose values 64. */
  public void put(int key, long value) {
    try (Arena arena = Arena.ofConfined()) {
      check(
          Libbpf.MAP_UPDATE.callInt(
              fd(),
              arena.allocateFrom(JAVA_INT, key).address(),
              arena.allocateFrom(JAVA_LONG, value).address(),
              0),
          "bpf_map_update_elem");
    }
  }

  /** Visits every entry of a hash map; entries changed meanwhile may be missed or seen twice. */
  public void forEach(EntryVisitor visitor) {
    int keyBytes = keySize();
    int valueBytes = (valueSize() + 7) & ~7;
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment keys = arena.allocate((long) keyBytes * BATCH, 8);
      MemorySegment values = arena.allocate((long) valueBytes * BATCH, 8);
      MemorySegment position = arena.allocate(16, 8);
      MemorySegment count = arena.allocate(JAVA_INT);
      long from = 0;
      while (true) {
        count.set(JAVA_INT, 0, BATCH);
        int result =
            Libbpf.LOOKUP_BATCH.callInt(
                fd(),
                from,
                position.address(),
                keys.address(),
                values.address(),
                count.address(),
                0);
        if (result < 0 && result != -Errno.ENOENT) {
          throw new BpfException("bpf_map_lookup_batch(" + name + ")", -result, "");
        }
        int entries = count.get(JAVA_INT, 0);
        for (int i = 0; i < entries; i++) {
          visitor.visit(
              keys.asSlice((long) i * keyBytes, keyBytes),
              values.asSlice((long) i * valueBytes, valueBytes));
        }
        if (result == -Errno.ENOENT) {
          return;
        }
        from = position.address();
      }
    }
  }

  private int fd() {
    int fd = Libbpf.MAP_FD.callInt(map);
    check(fd, "bpf_map__fd");
    return fd;
  }

  private void check(int result, String call) {
    if (result < 0) {
      throw new BpfException(call + "(" + name + ")", -result, "");
    }
  }
}
