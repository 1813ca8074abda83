package org.memstacks.cli;

import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import org.memstacks.bpf.BpfException;
import org.memstacks.bpf.Errno;

/** Why a command failed, for its user: what happened, why, and what to do. */
final class Problem {
  /** What suffices instead of root from Linux 5.9 on, as the live tests show. */
  private static final String CAPABILITIES =
      "CAP_BPF, CAP_PERFMON, CAP_SYS_PTRACE and CAP_CHECKPOINT_RESTORE";

  private Problem() {}

  static String describe(Throwable e) {
    return switch (e) {
      case AccessDeniedException denied ->
          denied.getFile() + " may not be read: run as root, or with " + CAPABILITIES;
      case NoSuchFileException missing when missing.getFile().startsWith("/proc/") ->
          "the process ended while it was looked at (" + missing.getFile() + " is gone)";
      case FileSystemException file ->
          file.getFile()
              + ": "
              + (file.getReason() == null ? file.getClass().getSimpleName() : file.getReason());
      case BpfException refused -> refused.getMessage() + hint(refused);
      case UnsatisfiedLinkError missing ->
          missing.getMessage() + "; install it (Debian, Ubuntu: apt-get install libbpf1)";
      default -> e.getMessage() == null ? e.toString() : e.getMessage();
    };
  }

  private static String hint(BpfException e) {
    return switch (e.errno()) {
      case Errno.EPERM, Errno.EACCES ->
          "; run as root (or with "
              + CAPABILITIES
              + "; --attach perf needs CAP_SYS_ADMIN), outside of containers that forbid bpf()"
              + "; a kernel locked down for confidentiality permits it to nobody";
      case Errno.ENOMEM ->
          "; the kernel has no memory for the tables: lower --max-live-blocks or --stack-storage-size";
      default -> e.log().isEmpty() ? "" : "; --debug shows what the kernel said";
    };
  }
}
