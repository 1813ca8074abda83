package org.memstacks.bpf;

import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * The clock by which BPF programs date what they record: CLOCK_MONOTONIC of the machine, without
 * the offset that a time namespace may show to its processes (time_namespaces(7)).
 */
public final class KernelClock {
  private static final int CLOCK_MONOTONIC = 1;
  private static final int CLOCK_THREAD_CPUTIME_ID = 3;
  private static final Path OFFSETS = Path.of("/proc/self/timens_offsets");
  private static final long OFFSET_NANOS = offset();

  private KernelClock() {}

  /** Nanoseconds since the machine was started, time asleep left out. */
  public static long nanos() {
    return read(CLOCK_MONOTONIC) - OFFSET_NANOS;
  }

  /** Nanoseconds for which the calling thread had a processor so far. */
  public static long threadNanos() {
    return read(CLOCK_THREAD_CPUTIME_ID);
  }

  private static long read(int clock) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment time = arena.allocate(16, 8);
      int result = Libbpf.CLOCK_GETTIME.callInt(clock, time.address());
      if (result != 0) {
        throw new BpfException("clock_gettime", Errno.EINVAL, "");
      }
      return time.get(JAVA_LONG, 0) * 1_000_000_000 + time.get(JAVA_LONG, 8);
    }
  }

  private static long offset() {
    try {
      return offset(Files.readString(OFFSETS));
    } catch (IOException e) {
      // A kernel without time namespaces.
      return 0;
    }
  }

  /**
   * What is added to CLOCK_MONOTONIC.
   *
   * @param offsets as /proc/PID/timens_offsets shows them: clock, seconds, nanoseconds a line
   */
  static long offset(String offsets) {
    for (String line : offsets.split("\n")) {
      String[] fields = line.strip().split("\\s+");
      if (fields.length == 3 && fields[0].equals("monotonic")) {
        return Long.parseLong(fields[1]) * 1_000_000_000 + Long.parseLong(fields[2]);
      }
    }
    return 0;
  }
}
