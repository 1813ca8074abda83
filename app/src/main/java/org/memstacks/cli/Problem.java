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
import org.memstacks.target.ResourceLimits;
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

  /* Of libbpf, for --attach perf alone. */
  private static final String PERF_ATTACH = "attach_uprobe_opts";

  /* What the JVM says when the kernel refuses it a thread. */
  private static final String NO_THREAD = "native thread";

  /* strerror(3) of EMFILE. */
  private static final String TOO_MANY_FILES = "Too many open files";

  private Problem() {}

  static String describe(Throwable e) {
    return describe(e, lacking(), ResourceLimits.own());
  }

  /**
   * @param lacking capabilities that tracing needs and this process does not have
   * @param limits of this process
   */
  static String describe(Throwable e, List<String> lacking, ResourceLimits limits) {
    return switch (e) {
      case AccessDeniedException denied ->
          denied.getFile() + " may not be read: " + rights(lacking);
      case NoSuchFileException missing when missing.getFile().startsWith("/proc/") ->
          "the process ended while it was looked at (" + missing.getFile() + " is gone)";
      case FileSystemException file ->
          file.getFile()
              + ": "
              + (file.getReason() == null ? file.getClass().getSimpleName() : file.getReason())
              + (TOO_MANY_FILES.equals(file.getReason()) ? "; " + moreFiles(limits) : "");
      case BpfException refused -> refused.getMessage() + hint(refused, lacking, limits);
      case UnsatisfiedLinkError missing ->
          missing.getMessage()
              + "; install version 1.0 or newer (Debian 12, Ubuntu 24.04 or newer: apt-get install libbpf1; elsewhere build it from github.com/libbpf/libbpf)";
      case OutOfMemoryError full when String.valueOf(full.getMessage()).contains(NO_THREAD) ->
          "no more threads can be made here, of which memstacks needs some 20: raise the control group's"
              + " pids.max (a container's --pids-limit), or the user's limit of processes (ulimit -u)";
      case OutOfMemoryError full ->
          "memory is short: Java may take %s here, a quarter of what the machine or the control group has, and needs more: allow it more (MEMSTACKS_JAVA_OPTS=-Xmx1g), or lower --stack-storage-size"
              .formatted(HumanBytes.of(Runtime.getRuntime().maxMemory()));
      default -> e.getMessage() == null ? e.toString() : e.getMessage();
    };
  }

  private static String hint(BpfException e, List<String> lacking, ResourceLimits limits) {
    if (limits.addressSpace().isPresent()
        && (e.errno() == Errno.ENOMEM || e.log().contains(NO_TYPES))) {
      return "; the address space of memstacks is limited to %s, too little for it: ulimit -v unlimited"
          .formatted(HumanBytes.of(limits.addressSpace().getAsLong()));
    }
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
      case Errno.EPERM, Errno.EACCES ->
          e.getMessage().contains(PERF_ATTACH) && lacking.equals(List.of(DAC))
              ? "; --attach perf needs CAP_SYS_ADMIN: run as root, or leave --attach out"
              : "; " + rights(lacking);
      case Errno.EMFILE -> "; " + moreFiles(limits);
      case Errno.ENOMEM ->
          "; the kernel has no memory for the tables: lower --max-live-blocks (pgfaultstacks: --max-pages) or --stack-storage-size";
      case Errno.ENOEXEC, Errno.ENOTSUPP ->
          "; an allocation function begins with an instruction that the kernel does not probe:"
              + " -O names another object";
      default -> e.log().isEmpty() ? "" : "; --debug shows what the kernel said";
    };
  }

  private static String moreFiles(ResourceLimits limits) {
    return (limits.openFiles().isPresent()
            ? "no more than %,d files may be open here".formatted(limits.openFiles().getAsLong())
            : "too many files are open here")
        + ": raise the limit (ulimit -n 4096; a service's LimitNOFILE=), or trace fewer processes at once";
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
