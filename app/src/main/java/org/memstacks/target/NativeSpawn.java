package org.memstacks.target;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.util.List;

/**
 * posix_spawn(3) and what belongs to it. Java's own ProcessBuilder goes by way of a helper program,
 * cannot give a child our stderr as its stdout, and passes no argument that is not text.
 */
final class NativeSpawn {
  static final int WNOHANG = 1;
  static final int WUNTRACED = 2;
  private static final int F_SETFD = 2;
  private static final int FD_CLOEXEC = 1;
  private static final short POSIX_SPAWN_SETSIGMASK = 8;
  private static final int RLIMIT_NOFILE = 7;
  /* posix_spawnattr_t has 336 bytes in glibc and musl, posix_spawn_file_actions_t 80, sigset_t 128. */
  private static final long OPAQUE_BYTES = 512;

  private static final Linker LINKER = Linker.nativeLinker();
  private static final MethodHandle SPAWN =
      handle("posix_spawnp", ADDRESS, ADDRESS, ADDRESS, ADDRESS, ADDRESS, ADDRESS);
  private static final MethodHandle ACTIONS_INIT = handle("posix_spawn_file_actions_init", ADDRESS);
  private static final MethodHandle ACTIONS_DUP =
      handle("posix_spawn_file_actions_adddup2", ADDRESS, JAVA_INT, JAVA_INT);
  private static final MethodHandle ACTIONS_DESTROY =
      handle("posix_spawn_file_actions_destroy", ADDRESS);
  private static final MethodHandle ATTRIBUTES_INIT = handle("posix_spawnattr_init", ADDRESS);
  private static final MethodHandle ATTRIBUTES_MASK =
      handle("posix_spawnattr_setsigmask", ADDRESS, ADDRESS);
  private static final MethodHandle ATTRIBUTES_FLAGS =
      handle("posix_spawnattr_setflags", ADDRESS, JAVA_SHORT);
  private static final MethodHandle ATTRIBUTES_DESTROY = handle("posix_spawnattr_destroy", ADDRESS);
  private static final MethodHandle EMPTY_SET = handle("sigemptyset", ADDRESS);
  private static final MethodHandle WAIT = handle("waitpid", JAVA_INT, ADDRESS, JAVA_INT);
  private static final MethodHandle KILL = handle("kill", JAVA_INT, JAVA_INT);
  private static final MethodHandle PRLIMIT =
      handle("prlimit64", JAVA_INT, JAVA_INT, ADDRESS, ADDRESS);
  private static final MethodHandle FCNTL =
      LINKER.downcallHandle(
          LINKER.defaultLookup().findOrThrow("fcntl"),
          FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_INT, JAVA_INT),
          Linker.Option.firstVariadicArg(2));

  private NativeSpawn() {}

  private static MethodHandle handle(String name, MemoryLayout... arguments) {
    return LINKER.downcallHandle(
        LINKER.defaultLookup().findOrThrow(name), FunctionDescriptor.of(JAVA_INT, arguments));
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
          (int) ACTIONS_INIT.invokeExact(actions)
              | (int) ACTIONS_DUP.invokeExact(actions, 2, 1)
              | (int) ATTRIBUTES_INIT.invokeExact(attributes)
              | (int) EMPTY_SET.invokeExact(noSignals)
              | (int) ATTRIBUTES_MASK.invokeExact(attributes, noSignals)
              | (int) ATTRIBUTES_FLAGS.invokeExact(attributes, POSIX_SPAWN_SETSIGMASK);
      if (done != 0) {
        throw new IllegalStateException("posix_spawn cannot be prepared: " + done);
      }
      MemorySegment arguments = strings(command, arena);
      int error =
          (int)
              SPAWN.invokeExact(
                  pid,
                  arguments.get(ADDRESS, 0),
                  actions,
                  attributes,
                  arguments,
                  strings(environment, arena));
      int ignored = (int) ACTIONS_DESTROY.invokeExact(actions);
      ignored = (int) ATTRIBUTES_DESTROY.invokeExact(attributes);
      return error == 0 ? pid.get(JAVA_INT, 0) : -error;
    } catch (Throwable e) {
      throw failure(e);
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
      int found = (int) WAIT.invokeExact(pid, status, WNOHANG | WUNTRACED);
      return found == pid ? status.get(JAVA_INT, 0) : -1;
    } catch (Throwable e) {
      throw failure(e);
    }
  }

  static void kill(int pid, int signal) {
    try {
      int ignored = (int) KILL.invokeExact(pid, signal);
    } catch (Throwable e) {
      throw failure(e);
    }
  }

  /** Lets another process open so many files, as far as its hard limit goes. */
  static void limitFiles(int pid, long soft) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment limit = arena.allocate(JAVA_LONG, 2);
      int failed = (int) PRLIMIT.invokeExact(pid, RLIMIT_NOFILE, MemorySegment.NULL, limit);
      if (failed == 0) {
        limit.set(JAVA_LONG, 0, soft);
        int ignored = (int) PRLIMIT.invokeExact(pid, RLIMIT_NOFILE, limit, MemorySegment.NULL);
      }
    } catch (Throwable e) {
      throw failure(e);
    }
  }

  /** Keeps a descriptor of ours from children. */
  static void closeOnExec(int fd) {
    try {
      int ignored = (int) FCNTL.invokeExact(fd, F_SETFD, FD_CLOEXEC);
    } catch (Throwable e) {
      throw failure(e);
    }
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

  private static Error failure(Throwable e) {
    return switch (e) {
      case RuntimeException unchecked -> throw unchecked;
      case Error error -> error;
      default -> new AssertionError(e);
    };
  }
}
