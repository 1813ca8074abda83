package org.memstacks.bpf;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.List;
import org.memstacks.foreign.NativeFunction;

/**
 * Links of many instructions of one object file at once, made by the bpf system call directly:
 * libbpf has them only since 1.3. Layout of the request: {@code union bpf_attr.link_create} in
 * include/uapi/linux/bpf.h.
 */
public final class UprobeMulti {
  /** What a multi link does at each instruction. */
  public enum Side {
    ENTRY(BpfProgram.ATTACH_UPROBE_MULTI, 0),
    RETURN(BpfProgram.ATTACH_UPROBE_MULTI, 1),
    /** Entry and return by one program, which tells them apart with bpf_session_is_return. */
    SESSION(BpfProgram.ATTACH_UPROBE_SESSION, 0);

    private final int attachType;
    private final int flags;

    Side(int attachType, int flags) {
      this.attachType = attachType;
      this.flags = flags;
    }
  }

  private static final long SYS_BPF = System.getProperty("os.arch").equals("aarch64") ? 280 : 321;
  private static final int BPF_LINK_CREATE = 28;
  private static final int ATTR_BYTES = 64;

  private UprobeMulti() {}

  /**
   * Attaches the program, which must have been loaded with the side's attach type, to the points in
   * one process.
   *
   * @throws BpfException when the kernel refuses
   */
  public static BpfLink attach(
      BpfProgram program, int pid, Path object, List<ProbePoint> points, Side side) {
    int fd = create(program.fd(), pid, object.toString(), points, side);
    if (fd < 0) {
      throw new BpfException(
          "bpf(BPF_LINK_CREATE, uprobe_multi %s, %s, pid %d, %s, %d points)"
              .formatted(side, program.name(), pid, object, points.size()),
          -fd,
          "");
    }
    return BpfLink.ofFd(fd);
  }

  /**
   * Whether the kernel's multi links filter by process. It has none: EINVAL for any request. Early
   * kernels (6.6 to 6.10) filter by thread: they look the path up before the pid and answer EBADF
   * or the like to this impossible request; those that filter by process answer EINVAL to the
   * negative pid first.
   *
   * @param program loaded with the side's attach type
   */
  public static boolean filtersByProcess(BpfProgram program, Side side) {
    return -create(program.fd(), -1, "/", List.of(new ProbePoint(0, 0)), side) == Errno.EINVAL;
  }

  private static int create(
      int programFd, int pid, String path, List<ProbePoint> points, Side side) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment offsets = arena.allocate(JAVA_LONG, points.size());
      MemorySegment cookies = arena.allocate(JAVA_LONG, points.size());
      for (int i = 0; i < points.size(); i++) {
        offsets.setAtIndex(JAVA_LONG, i, points.get(i).fileOffset());
        cookies.setAtIndex(JAVA_LONG, i, points.get(i).cookie());
      }
      MemorySegment attr = arena.allocate(ATTR_BYTES, 8);
      attr.set(JAVA_INT, 0, programFd);
      attr.set(JAVA_INT, 8, side.attachType);
      attr.set(JAVA_LONG, 16, arena.allocateFrom(path).address());
      attr.set(JAVA_LONG, 24, offsets.address());
      attr.set(JAVA_LONG, 40, cookies.address());
      attr.set(JAVA_INT, 48, points.size());
      attr.set(JAVA_INT, 52, side.flags);
      attr.set(JAVA_INT, 56, pid);
      MemorySegment state = NativeFunction.callState(arena);
      long fd = Libbpf.SYSCALL.call(state, SYS_BPF, BPF_LINK_CREATE, attr.address(), ATTR_BYTES);
      return fd < 0 ? -NativeFunction.errno(state) : (int) fd;
    }
  }
}
