package org.memstacks.cli;

import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.memstacks.target.TargetException;
import org.memstacks.target.TargetProcess;

/**
 * Notices a debugger at the target, when the probes are in and whenever one comes. A debugger keeps
 * what it finds where it puts a breakpoint; where a probe is, that is the kernel's own breakpoint
 * instruction, and to write that back when the probe has gone kills the process.
 */
final class TracerWatch {
  private static final long LOOK_AGAIN_NANOS = TimeUnit.MILLISECONDS.toNanos(250);

  /* What their names in /proc/PID/comm begin with. */
  private static final List<String> DEBUGGERS = List.of("gdb", "lldb", "dlv", "edb", "radare2");

  private final TargetProcess target;
  private final String collector;
  private int known;
  private long lookedAt = System.nanoTime() - LOOK_AGAIN_NANOS;

  /**
   * @param collector the command's name
   */
  TracerWatch(TargetProcess target, String collector) {
    this.target = target;
    this.collector = collector;
  }

  /**
   * The process number of a debugger that traces the target now: of a program that puts breakpoints
   * into processes, as strace does not. 0 when there is none.
   */
  int debugger() {
    int tracer = target.tracer();
    return tracer != 0 && isDebugger(name(tracer)) ? tracer : 0;
  }

  private static boolean isDebugger(String name) {
    return DEBUGGERS.stream().anyMatch(name::startsWith);
  }

  /** Empty when it left just now. */
  private static String name(int tracer) {
    try {
      return TargetProcess.comm(tracer);
    } catch (TargetException e) {
      return "";
    }
  }

  /** To be called often: a warning each time another one traces the target. */
  Optional<String> look() {
    long now = System.nanoTime();
    if (now - lookedAt < LOOK_AGAIN_NANOS) {
      return Optional.empty();
    }
    lookedAt = now;
    int tracer = target.tracer();
    boolean isNew = tracer != 0 && tracer != known;
    known = tracer;
    String name = isNew ? name(tracer) : "";
    return name.isEmpty()
        ? Optional.empty()
        : Optional.of(
            ("process %d is traced by process %d (%s): %s breakpoints on functions like malloc and mmap"
                    + " before %s ends, with the process stopped; removing them afterwards can kill the process")
                .formatted(
                    target.pid(),
                    tracer,
                    name,
                    isDebugger(name) ? "delete its" : "if that is a debugger, delete its",
                    collector));
  }
}
