package org.memstacks.target;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/**
 * Whether a process may have one more mapping: the kernel gives it one for probes ({@code
 * [uprobes]}, kernel/events/uprobes.c) when it comes to the first of them. At its limit the
 * process's own next {@code mmap} would fail instead, and a {@code malloc} with it.
 */
public final class MappingRoom {
  private static final Path LIMIT = Path.of("/proc/sys/vm/max_map_count");
  private static final String OF_PROBES = "[uprobes]";

  /** A page of the kernel's that is no mapping of the process. */
  private static final String NONE = "[vsyscall]";

  /** Ours, and what the process maps before it gets that. */
  private static final int NEEDED = 16;

  private MappingRoom() {}

  /**
   * @param map what the process has mapped
   * @throws TargetException when there is no room
   */
  public static void refuse(TargetProcess target, MemoryMap map) throws IOException {
    Optional<String> shortage = shortage(map);
    if (shortage.isPresent()) {
      throw new TargetException("process " + target.pid() + " has " + shortage.get());
    }
  }

  /**
   * What the process has too many of, and what to do; empty when there is room.
   *
   * @param map what the process has mapped
   */
  public static Optional<String> shortage(MemoryMap map) throws IOException {
    if (!Files.isReadable(LIMIT)) {
      return Optional.empty();
    }
    // By lines: the kernel gives such a number to the first read alone, which is to be large.
    return shortage(map, Long.parseLong(Files.readAllLines(LIMIT).getFirst()));
  }

  static Optional<String> shortage(MemoryMap map, long limit) {
    long mappings =
        map.mappings().stream().filter(mapping -> !mapping.rawName().equals(NONE)).count();
    boolean hasOne =
        map.mappings().stream().anyMatch(mapping -> mapping.rawName().equals(OF_PROBES));
    if (hasOne || mappings + NEEDED <= limit) {
      return Optional.empty();
    }
    return Optional.of(
        ("%,d mappings of the %,d that the kernel lets it have; probes take one, and its next mmap may"
                + " fail: raise the limit first, sysctl -w vm.max_map_count=%d")
            .formatted(mappings, limit, 2 * limit));
  }
}
