package org.memstacks.bpf;

/** Linux errno values that callers tell apart (include/uapi/asm-generic/errno*.h). */
public final class Errno {
  public static final int EPERM = 1;
  public static final int ENOENT = 2;
  public static final int ESRCH = 3;
  public static final int E2BIG = 7;
  public static final int ENOEXEC = 8;
  public static final int EBADF = 9;
  public static final int EAGAIN = 11;
  public static final int ENOMEM = 12;
  public static final int EACCES = 13;
  public static final int EBUSY = 16;
  public static final int EINVAL = 22;
  public static final int EMFILE = 24;
  public static final int ENOSPC = 28;
  public static final int EOPNOTSUPP = 95;

  /** Of the kernel's own, not meant for programs (include/linux/errno.h), and seen by them. */
  public static final int ENOTSUPP = 524;

  private Errno() {}

  /**
   * {@code "EPERM (operation not permitted)"}, or {@code "errno 133"} for values not listed here.
   */
  public static String describe(int errno) {
    return switch (errno) {
      case EPERM -> "EPERM (operation not permitted)";
      case ENOENT -> "ENOENT (no such file, map or program)";
      case ESRCH -> "ESRCH (no such process)";
      case E2BIG -> "E2BIG (argument too large)";
      case ENOEXEC -> "ENOEXEC (not understood as code)";
      case EBADF -> "EBADF (bad file descriptor)";
      case EAGAIN -> "EAGAIN (try again)";
      case ENOMEM -> "ENOMEM (out of memory)";
      case EACCES -> "EACCES (permission denied)";
      case EBUSY -> "EBUSY (resource busy)";
      case EINVAL -> "EINVAL (invalid argument)";
      case EMFILE -> "EMFILE (too many open files)";
      case ENOSPC -> "ENOSPC (no space left)";
      case EOPNOTSUPP -> "EOPNOTSUPP (not supported)";
      case ENOTSUPP -> "ENOTSUPP (not supported)";
      default -> "errno " + errno;
    };
  }
}
