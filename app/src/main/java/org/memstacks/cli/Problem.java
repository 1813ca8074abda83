package org.memstacks.cli;

import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.util.List;
import org.memstacks.bpf.BpfException;
import org.memstacks.bpf.Errno;
import org.memstacks.target.Capabilities;
import org.memstacks.target.UserNamespace;

/** Why a command failed, for its user: what happened, why, and what to do. */
final class Problem {
  private static final String DAC = "CAP_DAC_READ_SEARCH";

  private Problem() {}

  static String describe(Throwable e) {
    return describe(e, lacking());
  }

  /**
   * @param lacking capabilities that tracing needs and this process does not have
   */
  static String describe(Throwable e, List<String> lacking) {
    return switch (e) {
      case AccessDeniedException denied ->
          denied.getFile() + " may not be read: " + rights(lacking);
      case NoSuchFileException missing when missing.getFile().startsWith("/proc/") ->
          "the process ended while it was looked at (" + missing.getFile() + " is gone)";
      case FileSystemException file ->
          file.getFile()
              + ": "
              + (file.getReason() == null ? file.getClass().getSimpleName() : file.getReason());
      case BpfException refused -> refused.getMessage() + hint(refused, lacking);
      case UnsatisfiedLinkError missing ->
          missing.getMessage() + "; install it (Debian, Ubuntu: apt-get install libbpf1)";
      default -> e.getMessage() == null ? e.toString() : e.getMessage();
    };
  }

  private static String hint(BpfException e, List<String> lacking) {
    return switch (e.errno()) {
      case Errno.EPERM, Errno.EACCES -> "; " + rights(lacking);
      case Errno.ENOMEM ->
          "; the kernel has no memory for the tables: lower --max-live-blocks (pgfaultstacks: --max-pages) or --stack-storage-size";
      case Errno.ENOEXEC, Errno.ENOTSUPP ->
          "; an allocation function begins with an instruction that the kernel does not probe:"
              + " -O names another object";
      default -> e.log().isEmpty() ? "" : "; --debug shows what the kernel said";
    };
  }

  private static String rights(List<String> lacking) {
    return lacking.isEmpty()
        ? UserNamespace.advice()
            + ", and not where a container's seccomp profile, a security module or a kernel"
            + " locked down for confidentiality forbids it (--attach perf needs CAP_SYS_ADMIN)"
        : "run as root; lacking are "
            + String.join(", ", lacking)
            + (lacking.contains(DAC) ? " (" + DAC + " only for processes of other users)" : "");
  }

  private static List<String> lacking() {
    try {
      return Capabilities.own().missing(true);
    } catch (IOException e) {
      return List.of();
    }
  }
}
