package org.memstacks.target;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.OptionalLong;
import java.util.stream.Stream;

/**
 * A living process of user space, told from a later one with the same number by its start time.
 *
 * @param pid as the collector's PID namespace numbers it
 * @param comm the main thread's name, at most 15 bytes as the kernel keeps it, without control
 *     characters
 * @param startTime in clock ticks since boot (proc(5), field 22 of stat)
 */
public record TargetProcess(int pid, String comm, long startTime) {
  /* include/linux/sched.h */
  private static final int PF_EXITING = 0x00000004;
  private static final int PF_KTHREAD = 0x00200000;
  /* As the bit of a pending signal. */
  private static final long SIGKILL = 1 << 8;
  /* Positions in /proc/PID/statm. */
  private static final int STATM_RESIDENT = 1;
  private static final int STATM_DATA = 5;

  /**
   * @throws TargetException when there is no such process, or it has no user memory (a kernel
   *     thread, a zombie)
   */
  public static TargetProcess of(int pid) throws TargetException {
    requireOwnNumbers();
    Stat stat = Stat.read(pid);
    if ((stat.flags & PF_KTHREAD) != 0) {
      throw new TargetException(
          "process %d (%s) is a kernel thread: it has no memory of its own"
              .formatted(pid, stat.comm));
    }
    if (stat.hasEnded()) {
      int others = threadsWithoutMain(pid);
      if (others > 0) {
        throw new TargetException(
            "process %d (%s) has ended its main thread (pthread_exit) while %s: it cannot be traced, since the kernel shows the memory of a process by its main thread alone"
                .formatted(pid, stat.comm, goOn(others)));
      }
      throw new TargetException(
          "process %d (%s) has ended and waits for its parent (zombie): there is nothing left to trace"
              .formatted(pid, stat.comm));
    }
    int group = threadGroup(pid);
    if (group != pid) {
      throw new TargetException(
          "%d is a thread of process %d (%s): use -p %d for the process, or memstacks -t %d for this thread alone"
              .formatted(pid, group, Stat.read(group).comm, group, pid));
    }
    return new TargetProcess(pid, stat.comm, stat.startTime);
  }

  /**
   * The process that this thread belongs to.
   *
   * @throws TargetException when there is no such thread
   */
  public static TargetProcess ofThread(int tid) throws TargetException {
    requireOwnNumbers();
    return of(threadGroup(tid));
  }

  /**
   * Whether the process still runs: not ended, no zombie, and not another one under its number.
   * False, too, when its main thread has ended alone: without it nothing more is to be seen.
   */
  public boolean isAlive() {
    try {
      Stat stat = Stat.read(pid);
      return stat.startTime == startTime && !stat.hasEnded();
    } catch (TargetException e) {
      return false;
    }
  }

  /** What has become of a process that is not {@link #isAlive alive}, to follow its name. */
  public String ending() {
    int others = threadsLeft();
    return others == 0 ? "ended" : "ended its main thread (%s, untraced)".formatted(goOn(others));
  }

  /** Number of threads that run on though the main thread has ended. */
  public int threadsLeft() {
    try {
      Stat stat = Stat.read(pid);
      return stat.startTime == startTime && stat.hasEnded() ? threadsWithoutMain(pid) : 0;
    } catch (TargetException e) {
      return 0;
    }
  }

  private static String goOn(int others) {
    return others == 1 ? "another one runs on" : others + " others run on";
  }

  /** Threads that run on though the main one has ended; none of a process that is ending. */
  private static int threadsWithoutMain(int pid) {
    try (Stream<Path> tasks = Files.list(Path.of("/proc", Integer.toString(pid), "task"))) {
      return (int)
          tasks
              .map(task -> Integer.parseInt(task.getFileName().toString()))
              .filter(TargetProcess::runsOn)
              .count();
    } catch (IOException | UncheckedIOException e) {
      return 0;
    }
  }

  private static boolean runsOn(int tid) {
    try {
      Stat stat = Stat.read(tid);
      return !stat.hasEnded() && (stat.flags & PF_EXITING) == 0 && (stat.pending & SIGKILL) == 0;
    } catch (TargetException e) {
      return false;
    }
  }

  /**
   * Which address space it has now: another number after it executed another program, or the same
   * one anew, unless addresses are not random (personality(2), ADDR_NO_RANDOMIZE).
   *
   * @throws TargetException when it has ended
   */
  public long addressSpace() throws TargetException {
    return Stat.read(pid).startStack;
  }

  /** Number of threads now, 0 when the process has ended. */
  public int threads() {
    try {
      return Stat.read(pid).threads;
    } catch (TargetException e) {
      return 0;
    }
  }

  /**
   * The kernel's own counters of what the process has used so far.
   *
   * @throws TargetException when it has ended
   */
  public Activity activity() throws TargetException {
    String[] pages = read(pid, "statm").strip().split(" ");
    return new Activity(
        Stat.read(pid).minorFaults,
        Long.parseLong(pages[STATM_DATA]),
        Long.parseLong(pages[STATM_RESIDENT]),
        Stat.read(pid).childFaults);
  }

  /**
   * @param minorFaults page faults served without input
   * @param dataPages private writable memory: heap, anonymous mappings, stacks
   * @param residentPages in memory, shared ones included, those of hugetlbfs not
   * @param childFaults page faults of children that it waited for
   */
  public record Activity(long minorFaults, long dataPages, long residentPages, long childFaults) {
    /** What was added since an earlier moment. */
    public Activity since(Activity earlier) {
      return new Activity(
          minorFaults - earlier.minorFaults,
          dataPages - earlier.dataPages,
          residentPages - earlier.residentPages,
          childFaults - earlier.childFaults);
    }
  }

  /** The most that it has ever mapped, in bytes; 0 when it has ended. */
  public long mostMapped() {
    return number("VmPeak:") * 1024;
  }

  /**
   * Whether it has children that began after this collector did. False, too, where the kernel does
   * not list children (CONFIG_PROC_CHILDREN).
   */
  public boolean hasYoungChildren() {
    try (Stream<Path> tasks = Files.list(Path.of("/proc", Integer.toString(pid), "task"))) {
      long own = Stat.read((int) ProcessHandle.current().pid()).startTime;
      return tasks.flatMap(TargetProcess::childrenOf).anyMatch(child -> beganAfter(child, own));
    } catch (IOException | UncheckedIOException e) {
      // It ended.
      return false;
    }
  }

  private static Stream<Integer> childrenOf(Path task) {
    try {
      String children = Files.readString(task.resolve("children")).strip();
      return children.isEmpty()
          ? Stream.empty()
          : Stream.of(children.split(" ")).map(Integer::valueOf);
    } catch (IOException e) {
      return Stream.empty();
    }
  }

  private static boolean beganAfter(int child, long ticks) {
    try {
      return Stat.read(child).startTime > ticks;
    } catch (TargetException e) {
      // Begun and ended just now.
      return true;
    }
  }

  /** The debugger, strace or other that traces it by ptrace, 0 when none does or it has ended. */
  public int tracer() {
    return (int) number("TracerPid:");
  }

  /** A field of /proc/PID/status; 0 when it has none of this name, or has ended. */
  private long number(String field) {
    try {
      return status(pid, field).orElse(0);
    } catch (TargetException e) {
      return 0;
    }
  }

  /**
   * A number in /proc/PID/status.
   *
   * @param field with its colon
   * @return empty when it has none of this name
   * @throws TargetException when there is no such process or thread
   */
  static OptionalLong status(int pid, String field) throws TargetException {
    for (String line : read(pid, "status").split("\n")) {
      if (line.startsWith(field)) {
        return OptionalLong.of(Long.parseLong(line.strip().split("\\s+")[1]));
      }
    }
    return OptionalLong.empty();
  }

  /**
   * The name of a process as it is now, at most 15 bytes.
   *
   * @throws TargetException when there is none of this number
   */
  public static String comm(int pid) throws TargetException {
    return Stat.read(pid).comm;
  }

  /* Else what /proc says of a number and what the kernel traces would be two processes. */
  private static void requireOwnNumbers() throws TargetException {
    String shown;
    try {
      shown = Files.readSymbolicLink(Path.of("/proc/self")).toString();
    } catch (IOException e) {
      shown = "";
    }
    if (!shown.equals(Long.toString(ProcessHandle.current().pid()))) {
      throw new TargetException(
          "/proc shows another PID namespace than memstacks runs in, or nothing:"
              + " mount its own (mount -t proc proc /proc, or unshare --mount-proc)");
    }
  }

  private static int threadGroup(int tid) throws TargetException {
    return (int)
        status(tid, "Tgid:")
            .orElseThrow(
                () -> new TargetException("/proc/%d/status has no Tgid line".formatted(tid)));
  }

  private static String read(int pid, String file) throws TargetException {
    Path path = Path.of("/proc", Integer.toString(pid), file);
    try {
      return new String(Files.readAllBytes(path), StandardCharsets.ISO_8859_1);
    } catch (NoSuchFileException e) {
      if (pid > 0 && NativeSpawn.isForbidden(pid)) {
        throw new TargetException(
            "process or thread %d lives, but /proc does not show it to this user (it is mounted with hidepid): run as root"
                .formatted(pid),
            e);
      }
      throw new TargetException(
          "there is no process or thread %d: it has ended, or the number belongs to another PID namespace"
              .formatted(pid),
          e);
    } catch (AccessDeniedException e) {
      throw new TargetException(
          "%s may not be read: %s".formatted(path, UserNamespace.advice()), e);
    } catch (IOException e) {
      throw new TargetException("process %d ended while it was looked at".formatted(pid), e);
    }
  }

  private record Stat(
      String comm,
      char state,
      int flags,
      long minorFaults,
      long childFaults,
      int threads,
      long startTime,
      long startStack,
      long pending) {
    /* Fields of proc(5), counted from the one after the comm (3). */
    private static final int FIRST = 3;
    private static final int FLAGS = 9;
    private static final int MINOR_FAULTS = 10;
    private static final int CHILD_FAULTS = 11;
    private static final int THREADS = 20;
    private static final int START_TIME = 22;
    private static final int START_STACK = 28;
    private static final int PENDING = 31;

    boolean hasEnded() {
      return state == 'Z' || state == 'X';
    }

    static Stat read(int pid) throws TargetException {
      String line = TargetProcess.read(pid, "stat");
      int open = line.indexOf('(');
      /* The comm may hold anything, parentheses too: the last one ends it. */
      int close = line.lastIndexOf(')');
      if (open < 0 || close < open) {
        throw new TargetException("process %d ended while it was looked at".formatted(pid));
      }
      byte[] comm = line.substring(open + 1, close).getBytes(StandardCharsets.ISO_8859_1);
      String[] fields = line.substring(close + 2).strip().split(" ");
      return new Stat(
          // A name is the process's choice, and must not reach a terminal as commands.
          new String(comm, StandardCharsets.UTF_8).replaceAll("\\p{Cntrl}", "?"),
          fields[0].charAt(0),
          Integer.parseUnsignedInt(fields[FLAGS - FIRST]),
          Long.parseLong(fields[MINOR_FAULTS - FIRST]),
          Long.parseLong(fields[CHILD_FAULTS - FIRST]),
          Integer.parseInt(fields[THREADS - FIRST]),
          Long.parseLong(fields[START_TIME - FIRST]),
          Long.parseLong(fields[START_STACK - FIRST]),
          Long.parseLong(fields[PENDING - FIRST]));
    }
  }
}
