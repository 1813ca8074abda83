package org.memstacks.cli;

import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import org.memstacks.bpf.BpfException;
import org.memstacks.bpf.Errno;

/** Why a command failed, for its user: what happened, why, and what to do. */
final class Problem {
  /**
   * BPF to load, PERFMON to attach and read, SYS_PTRACE for /proc/PID/mem and map_files,
   * CHECKPOINT_RESTORE to follow links in map_files, DAC_READ_SEARCH for other users' /proc/PID.
   */
  private static final String CAPABILITIES =
      "CAP_BPF, CAP_PERFMON, CAP_SYS_PTRACE, CAP_CHECKPOINT_RESTORE and CAP_DAC_READ_SEARCH";

  private Problem() {}

  static String describe(Throwable e) {
    return switch (e) {
      case AccessDeniedException denied ->
          denied.getFile()
              + " may not be read: run as root, or with CAP_SYS_PTRACE and CAP_DAC_READ_SEARCH";
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
          "; run as root, outside of containers that forbid bpf(), or with "
              + CAPABILITIES
              + "; a kernel locked down for confidentiality permits it to nobody";
      case Errno.ENOMEM ->
          "; the kernel has no memory for the tables: lower --max-live-blocks or --stack-storage-size";
      default -> e.log().isEmpty() ? "" : "; --debug shows what the kernel said";
    };
  }
}
