package org.memstacks.target;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

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
    if (Files.isReadable(LIMIT)) {
      // By lines: the kernel gives such a number to the first read alone, which is to be large.
      refuse(target, map, Long.parseLong(Files.readAllLines(LIMIT).getFirst()));
    }
  }

  static void refuse(TargetProcess target, MemoryMap map, long limit) throws TargetException {
    long mappings =
        map.mappings().stream().filter(mapping -> !mapping.rawName().equals(NONE)).count();
    boolean hasOne =
        map.mappings().stream().anyMatch(mapping -> mapping.rawName().equals(OF_PROBES));
    if (!hasOne && mappings + NEEDED > limit) {
      throw new TargetException(
          ("process %d has %,d mappings of the %,d that the kernel lets it have; probes take one, and its next"
                  + " mmap may fail: raise the limit first, sysctl -w vm.max_map_count=%d")
              .formatted(target.pid(), mappings, limit, 2 * limit));
    }
  }
}
