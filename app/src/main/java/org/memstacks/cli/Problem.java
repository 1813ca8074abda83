package org.memstacks.cli;

import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.util.List;
import java.util.regex.Pattern;
import org.memstacks.bpf.BpfException;
import org.memstacks.bpf.Errno;
import org.memstacks.report.HumanBytes;
import org.memstacks.target.Capabilities;
import org.memstacks.target.KernelState;
import org.memstacks.target.UserNamespace;

/** Why a command failed, for its user: what happened, why, and what to do. */
final class Problem {
  private static final String DAC = "CAP_DAC_READ_SEARCH";

  /**
   * What the verifier says of reading kernel memory where lockdown forbids it (bpf_base_func_proto
   * in kernel/bpf/helpers.c has no such function then); libbpf falls back on the elder name.
   */
  private static final Pattern READS_FORBIDDEN =
      Pattern.compile("(unknown func|cannot use helper) bpf_probe_read(_kernel)?#");

  /** libbpf, of /sys/kernel/btf/vmlinux and the files in /boot that could stand in for it. */
  private static final String NO_TYPES = "Error loading vmlinux BTF";

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
          missing.getMessage()
              + "; install version 1.0 or newer (Debian 12, Ubuntu 24.04 or newer: apt-get install libbpf1; elsewhere build it from github.com/libbpf/libbpf)";
      case OutOfMemoryError full ->
          "memory is short: Java may take %s here, a quarter of what the machine or the control group has, and needs more: allow it more (MEMSTACKS_JAVA_OPTS=-Xmx1g), or lower --stack-storage-size"
              .formatted(HumanBytes.of(Runtime.getRuntime().maxMemory()));
      default -> e.getMessage() == null ? e.toString() : e.getMessage();
    };
  }

  private static String hint(BpfException e, List<String> lacking) {
    if (e.log().contains(NO_TYPES)) {
      return "; the kernel's type information ("
          + KernelState.TYPES
          + ") is not there, or is not what it should be: mount -t sysfs sysfs /sys, or boot a kernel built with"
          + " CONFIG_DEBUG_INFO_BTF=y";
    }
    if (READS_FORBIDDEN.matcher(e.log()).find()) {
      return "; the kernel is locked down for confidentiality, where BPF may not read memory: boot"
          + " without lockdown=confidentiality";
    }
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
