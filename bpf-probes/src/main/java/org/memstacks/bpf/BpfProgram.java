package org.memstacks.bpf;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import org.memstacks.foreign.NativeFunction;

/** A program of a {@link BpfObject}; valid as long as the object is open. */
public final class BpfProgram {
  /** {@code BPF_TRACE_UPROBE_MULTI} of include/uapi/linux/bpf.h (kernel 6.6). */
  public static final int ATTACH_UPROBE_MULTI = 48;

  /** {@code BPF_TRACE_UPROBE_SESSION} of include/uapi/linux/bpf.h (kernel 6.13). */
  public static final int ATTACH_UPROBE_SESSION = 57;

  /* struct bpf_uprobe_opts of libbpf 1.x: sz, ref_ctr_offset, bpf_cookie, retprobe, func_name, attach_mode. */
  private static final long OPTS_BYTES = 40;
  private static final long OPTS_COOKIE = 16;
  private static final long OPTS_RETPROBE = 24;

  /* struct bpf_iter_attach_opts of libbpf 1.x: sz, link_info, link_info_len; union
   * bpf_iter_link_info of include/uapi/linux/bpf.h, its part for tasks: tid, pid, pid_fd. */
  private static final long ITERATOR_OPTS_BYTES = 24;
  private static final long ITERATOR_OPTS_INFO = 8;
  private static final long ITERATOR_OPTS_LENGTH = 16;
  private static final long ITERATOR_INFO_BYTES = 16;
  private static final long ITERATOR_INFO_PID = 4;

  /* struct bpf_test_run_opts of libbpf 1.x: all zero but for its size. */
  private static final long RUN_OPTS_BYTES = 80;

  private final long program;
  private final String name;

  BpfProgram(long program, String name) {
    this.program = program;
    this.name = name;
  }

  public String name() {
    return name;
  }

  /** Whether {@link BpfObject#load} loads it; true unless said otherwise. */
  public void setAutoload(boolean autoload) {
    check(Libbpf.PROGRAM_AUTOLOAD.callInt(program, autoload ? 1 : 0), "bpf_program__set_autoload");
  }

  /** Must be set before the object is loaded. */
  public void setExpectedAttachType(int type) {
    check(
        Libbpf.PROGRAM_ATTACH_TYPE.callInt(program, type), "bpf_program__set_expected_attach_type");
  }

  /** The kernel's file descriptor of the loaded program. */
  public int fd() {
    int fd = Libbpf.PROGRAM_FD.callInt(program);
    check(fd, "bpf_program__fd");
    return fd;
  }

  /** Attaches where the program's section says (tracepoints). */
  public BpfLink attach() {
    try (Arena arena = Arena.ofConfined();
        LibbpfLog log = new LibbpfLog()) {
      MemorySegment state = NativeFunction.callState(arena);
      long link = Libbpf.ATTACH.call(state, program);
      if (link == 0) {
        throw new BpfException(
            "bpf_program__attach(" + name + ")", NativeFunction.errno(state), log.text());
      }
      return BpfLink.ofLibbpf(link);
    }
  }

  /**
   * Attaches to one instruction through a perf event: works on every kernel, one system call a
   * probe.
   *
   * @param pid process whose threads are probed
   * @param object file that holds the instruction
   */
  public BpfLink attachUprobe(int pid, Path object, ProbePoint point, boolean atReturn) {
    try (Arena arena = Arena.ofConfined();
        LibbpfLog log = new LibbpfLog()) {
      MemorySegment options = arena.allocate(OPTS_BYTES, 8);
      options.set(JAVA_LONG, 0, OPTS_BYTES);
      options.set(JAVA_LONG, OPTS_COOKIE, point.cookie());
      options.set(JAVA_BYTE, OPTS_RETPROBE, (byte) (atReturn ? 1 : 0));
      MemorySegment state = NativeFunction.callState(arena);
      long link =
          Libbpf.ATTACH_UPROBE.call(
              state,
              program,
              pid,
              arena.allocateFrom(object.toString()).address(),
              point.fileOffset(),
              options.address());
      if (link == 0) {
        throw new BpfException(
            "bpf_program__attach_uprobe_opts(%s, pid %d, %s+0x%x)"
                .formatted(name, pid, object, point.fileOffset()),
            NativeFunction.errno(state),
            log.text());
      }
      return BpfLink.ofLibbpf(link);
    }
  }

  /**
   * Makes a program that looks at tasks ready to be run. Before Linux 6.1 it is given all there
   * are, so it has to choose for itself.
   *
   * @param pid process at whose threads it looks
   */
  public BpfIterator attachTaskIterator(int pid) {
    try (Arena arena = Arena.ofConfined();
        LibbpfLog log = new LibbpfLog()) {
      MemorySegment process = arena.allocate(ITERATOR_INFO_BYTES, 8);
      process.set(JAVA_INT, ITERATOR_INFO_PID, pid);
      MemorySegment options = arena.allocate(ITERATOR_OPTS_BYTES, 8);
      options.set(JAVA_LONG, 0, ITERATOR_OPTS_BYTES);
      options.set(JAVA_LONG, ITERATOR_OPTS_INFO, process.address());
      options.set(JAVA_INT, ITERATOR_OPTS_LENGTH, (int) ITERATOR_INFO_BYTES);
      MemorySegment state = NativeFunction.callState(arena);
      long link = Libbpf.ATTACH_ITERATOR.call(state, program, options.address());
      if (link == 0) {
        link = Libbpf.ATTACH_ITERATOR.call(state, program, 0);
      }
      if (link == 0) {
        throw new BpfException(
            "bpf_program__attach_iter(" + name + ")", NativeFunction.errno(state), log.text());
      }
      return new BpfIterator(BpfLink.ofLibbpf(link), Libbpf.LINK_FD.callInt(link));
    }
  }

  /**
   * Runs a program of the kind that runs in a system call ({@code SEC("syscall")}, kernel 5.14), in
   * this thread, without arguments.
   */
  public void run() {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment options = arena.allocate(RUN_OPTS_BYTES, 8);
      options.set(JAVA_LONG, 0, RUN_OPTS_BYTES);
      check(Libbpf.PROGRAM_RUN.callInt(fd(), options.address()), "bpf_prog_test_run_opts");
    }
  }

  private void check(int result, String call) {
    if (result < 0) {
      throw new BpfException(call + "(" + name + ")", -result, "");
    }
  }
}
