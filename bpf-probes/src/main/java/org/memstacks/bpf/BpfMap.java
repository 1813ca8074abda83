package org.memstacks.bpf;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/** A map of a {@link BpfObject}; valid as long as the object is open. */
public final class BpfMap {
  private static final int BATCH = 4096;

  private final MemorySegment map;
  private final String name;

  BpfMap(MemorySegment map, String name) {
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
    try {
      check((int) Libbpf.MAP_SET_MAX_ENTRIES.invokeExact(map, entries), "bpf_map__set_max_entries");
    } catch (BpfException e) {
      throw e;
    } catch (Throwable e) {
      throw Libbpf.unexpected("bpf_map__set_max_entries", e);
    }
  }

  public int maxEntries() {
    try {
      return (int) Libbpf.MAP_MAX_ENTRIES.invokeExact(map);
    } catch (Throwable e) {
      throw Libbpf.unexpected("bpf_map__max_entries", e);
    }
  }

  public int keySize() {
    try {
      return (int) Libbpf.MAP_KEY_SIZE.invokeExact(map);
    } catch (Throwable e) {
      throw Libbpf.unexpected("bpf_map__key_size", e);
    }
  }

  public int valueSize() {
    try {
      return (int) Libbpf.MAP_VALUE_SIZE.invokeExact(map);
    } catch (Throwable e) {
      throw Libbpf.unexpected("bpf_map__value_size", e);
    }
  }

  /** Before load: the contents of a section such as .rodata, writable in place. */
  public MemorySegment initialValue() {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment size = arena.allocate(JAVA_LONG);
      MemorySegment value = (MemorySegment) Libbpf.MAP_INITIAL_VALUE.invokeExact(map, size);
      if (value.equals(MemorySegment.NULL)) {
        throw new BpfException("bpf_map__initial_value(" + name + ")", Errno.EINVAL, "");
      }
      return value.reinterpret(size.get(JAVA_LONG, 0));
    } catch (BpfException e) {
      throw e;
    } catch (Throwable e) {
      throw Libbpf.unexpected("bpf_map__initial_value", e);
    }
  }

  /**
   * After load: the entries of a mmapable array, one after the other, shared with the kernel until
   * the arena closes.
   *
   * @param arena unmaps the memory when it is closed
   */
  public MemorySegment mapped(Arena arena) {
    try {
      return SharedArray.map(fd(), name, maxEntries(), valueSize(), arena);
    } catch (BpfException e) {
      throw e;
    } catch (Throwable e) {
      throw Libbpf.unexpected("mmap", e);
    }
  }

  /**
   * After load: puts an array into an array of maps. Programs see it from then on; it stays in the
   * kernel as long as this map does.
   */
  public void put(int index, BpfArray array) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment key = arena.allocateFrom(JAVA_INT, index);
      MemorySegment value = arena.allocateFrom(JAVA_INT, array.fd());
      check((int) Libbpf.MAP_UPDATE.invokeExact(fd(), key, value, 0L), "bpf_map_update_elem");
    } catch (BpfException e) {
      throw e;
    } catch (Throwable e) {
      throw Libbpf.unexpected("bpf_map_update_elem", e);
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
      MemorySegment from = MemorySegment.NULL;
      while (true) {
        count.set(JAVA_INT, 0, BATCH);
        int result =
            (int)
                Libbpf.LOOKUP_BATCH.invokeExact(
                    fd(), from, position, keys, values, count, MemorySegment.NULL);
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
        from = position;
      }
    } catch (BpfException e) {
      throw e;
    } catch (Throwable e) {
      throw Libbpf.unexpected("bpf_map_lookup_batch", e);
    }
  }

  private int fd() throws Throwable {
    int fd = (int) Libbpf.MAP_FD.invokeExact(map);
    check(fd, "bpf_map__fd");
    return fd;
  }

  private void check(int result, String call) {
    if (result < 0) {
      throw new BpfException(call + "(" + name + ")", -result, "");
    }
  }
}
