package org.memstacks.target;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.List;
import org.memstacks.foreign.NativeFunction;

/**
 * posix_spawn(3) and what belongs to it. Java's own ProcessBuilder goes by way of a helper program,
 * cannot give a child our stderr as its stdout, and passes no argument that is not text.
 */
final class NativeSpawn {
  static final int WNOHANG = 1;
  static final int WUNTRACED = 2;
  private static final int EPERM = 1;
  private static final int F_SETFD = 2;
  private static final int FD_CLOEXEC = 1;
  private static final short POSIX_SPAWN_SETSIGMASK = 8;
  private static final int RLIMIT_NOFILE = 7;
  /* posix_spawnattr_t has 336 bytes in glibc and musl, posix_spawn_file_actions_t 80, sigset_t 128. */
  private static final long OPAQUE_BYTES = 512;

  private static final NativeFunction SPAWN = ofC("posix_spawnp");
  private static final NativeFunction ACTIONS_INIT = ofC("posix_spawn_file_actions_init");
  private static final NativeFunction ACTIONS_DUP = ofC("posix_spawn_file_actions_adddup2");
  private static final NativeFunction ACTIONS_DESTROY = ofC("posix_spawn_file_actions_destroy");
  private static final NativeFunction ATTRIBUTES_INIT = ofC("posix_spawnattr_init");
  private static final NativeFunction ATTRIBUTES_MASK = ofC("posix_spawnattr_setsigmask");
  private static final NativeFunction ATTRIBUTES_FLAGS = ofC("posix_spawnattr_setflags");
  private static final NativeFunction ATTRIBUTES_DESTROY = ofC("posix_spawnattr_destroy");
  private static final NativeFunction EMPTY_SET = ofC("sigemptyset");
  private static final NativeFunction WAIT = ofC("waitpid");
  private static final NativeFunction KILL = ofC("kill");
  private static final NativeFunction PRLIMIT = ofC("prlimit64");
  private static final NativeFunction FCNTL = ofC("fcntl");

  private NativeSpawn() {}

  private static NativeFunction ofC(String name) {
    return NativeFunction.ofC(name).orElseThrow();
  }

  /**
   * Starts a command, found by PATH, with our stdin, and our stderr as its stdout and stderr.
   *
   * @return its process ID, or the negative errno of what prevented it
   */
  static int spawn(List<byte[]> command, List<byte[]> environment) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment actions = arena.allocate(OPAQUE_BYTES, 16);
      MemorySegment attributes = arena.allocate(OPAQUE_BYTES, 16);
      MemorySegment noSignals = arena.allocate(OPAQUE_BYTES, 16);
      MemorySegment pid = arena.allocate(JAVA_INT);
      // The JVM's threads block signals that are none of the child's business.
      int done =
          ACTIONS_INIT.callInt(actions.address())
              | ACTIONS_DUP.callInt(actions.address(), 2, 1)
              | ATTRIBUTES_INIT.callInt(attributes.address())
              | EMPTY_SET.callInt(noSignals.address())
              | ATTRIBUTES_MASK.callInt(attributes.address(), noSignals.address())
              | ATTRIBUTES_FLAGS.callInt(attributes.address(), POSIX_SPAWN_SETSIGMASK);
      if (done != 0) {
        throw new IllegalStateException("posix_spawn cannot be prepared: " + done);
      }
      MemorySegment arguments = strings(command, arena);
      int error =
          SPAWN.callInt(
              pid.address(),
              arguments.get(JAVA_LONG, 0),
              actions.address(),
              attributes.address(),
              arguments.address(),
              strings(environment, arena).address());
      ACTIONS_DESTROY.call(actions.address());
      ATTRIBUTES_DESTROY.call(attributes.address());
      return error == 0 ? pid.get(JAVA_INT, 0) : -error;
    }
  }

  /**
   * The state of a child, as waitpid(2) tells it.
   *
   * @return -1 when there is no news, or no such child
   */
  static int status(int pid) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment status = arena.allocate(JAVA_INT);
      int found = WAIT.callInt(pid, status.address(), WNOHANG | WUNTRACED);
      return found == pid ? status.get(JAVA_INT, 0) : -1;
    }
  }

  /** Whether there is a process or thread of this number that we may not send a signal to. */
  static boolean isForbidden(int pid) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment state = NativeFunction.callState(arena);
      return (int) KILL.call(state, pid, 0) != 0 && NativeFunction.errno(state) == EPERM;
    }
  }

  static void kill(int pid, int signal) {
    KILL.call(pid, signal);
  }

  /** Lets another process open so many files, as far as its hard limit goes. */
  static void limitFiles(int pid, long soft) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment limit = arena.allocate(JAVA_LONG, 2);
      if (PRLIMIT.callInt(pid, RLIMIT_NOFILE, 0, limit.address()) == 0) {
        limit.set(JAVA_LONG, 0, soft);
        PRLIMIT.call(pid, RLIMIT_NOFILE, limit.address());
      }
    }
  }

  /** Keeps a descriptor of ours from children. */
  static void closeOnExec(int fd) {
    FCNTL.call(fd, F_SETFD, FD_CLOEXEC);
  }

  /** A NULL-terminated array of strings of C. */
  private static MemorySegment strings(List<byte[]> strings, Arena arena) {
    MemorySegment array = arena.allocate(ADDRESS, strings.size() + 1L);
    for (int i = 0; i < strings.size(); i++) {
      byte[] bytes = strings.get(i);
      MemorySegment string = arena.allocate(bytes.length + 1L);
      MemorySegment.copy(bytes, 0, string, JAVA_BYTE, 0, bytes.length);
      array.setAtIndex(ADDRESS, i, string);
    }
    return array;
  }
}
