package org.memstacks.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.memstacks.bpf.BpfException;
import org.memstacks.bpf.Errno;
import org.memstacks.target.ResourceLimits;
import org.memstacks.target.TargetException;

class ProblemTest {
  @Test
  void whatIsForbiddenComesWithTheRightsThatLack() {
    AccessDeniedException denied = new AccessDeniedException("/proc/1/mem");
    assertThat(describe(denied, List.of("CAP_SYS_PTRACE")))
        .isEqualTo("/proc/1/mem may not be read: run as root; lacking are CAP_SYS_PTRACE");
    assertThat(describe(denied, List.of("CAP_SYS_PTRACE", "CAP_DAC_READ_SEARCH")))
        .isEqualTo(
            "/proc/1/mem may not be read: run as root; lacking are CAP_SYS_PTRACE, CAP_DAC_READ_SEARCH"
                + " (CAP_DAC_READ_SEARCH only for processes of other users)");
  }

  @Test
  void whatRootMayNotDoIsForbiddenByOthers() {
    BpfException refused = new BpfException("bpf_object__load(memstacks)", Errno.EPERM, "");
    assertThat(describe(refused, List.of()))
        .isEqualTo(
            "bpf_object__load(memstacks): EPERM (operation not permitted); run as root, and not where a"
                + " container's seccomp profile, a security module or a kernel locked down for"
                + " confidentiality forbids it (--attach perf needs CAP_SYS_ADMIN)");
    assertThat(describe(refused, List.of("CAP_BPF")))
        .endsWith("; run as root; lacking are CAP_BPF");
  }

  @Test
  void aKernelOutOfMemoryWantsSmallerTables() {
    assertThat(describe(new BpfException("load", Errno.ENOMEM, ""), List.of()))
        .isEqualTo(
            "load: ENOMEM (out of memory); the kernel has no memory for the tables: lower"
                + " --max-live-blocks (pgfaultstacks: --max-pages) or --stack-storage-size");
  }

  @Test
  void codeThatTheKernelDoesNotProbeIsSaid() {
    assertThat(describe(new BpfException("attach", Errno.ENOEXEC, ""), List.of()))
        .isEqualTo(
            "attach: ENOEXEC (not understood as code); an allocation function begins with an"
                + " instruction that the kernel does not probe: -O names another object");
  }

  @Test
  void aKernelWithoutTypeInformationIsNamedAsTheCause() {
    BpfException refused =
        new BpfException("load", Errno.ESRCH, "libbpf: Error loading vmlinux BTF: -3\n");
    assertThat(describe(refused, List.of()))
        .isEqualTo(
            "load: ESRCH (no such process); the kernel's type information"
                + " (/sys/kernel/btf/vmlinux) is not there, or is not what it should be: mount -t"
                + " sysfs sysfs /sys, or boot a kernel built with CONFIG_DEBUG_INFO_BTF=y");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "program of this type cannot use helper bpf_probe_read_kernel#113",
        "program of this type cannot use helper bpf_probe_read#4",
        "unknown func bpf_probe_read_kernel#113"
      })
  void aKernelThatForbidsReadingIsLockedDown(String said) {
    BpfException refused = new BpfException("load", Errno.EINVAL, "libbpf: x\n" + said + "\n");
    assertThat(describe(refused, List.of()))
        .isEqualTo(
            "load: EINVAL (invalid argument); the kernel is locked down for confidentiality, where"
                + " BPF may not read memory: boot without lockdown=confidentiality");
  }

  @Test
  void whatTheKernelSaidCanBeSeen() {
    assertThat(describe(new BpfException("load", Errno.EINVAL, "verifier"), List.of()))
        .endsWith("; --debug shows what the kernel said");
    assertThat(describe(new BpfException("load", Errno.EINVAL, ""), List.of()))
        .isEqualTo("load: EINVAL (invalid argument)");
  }

  @Test
  void aFileOfAProcessThatIsGoneMeansThatItEnded() {
    assertThat(Problem.describe(new NoSuchFileException("/proc/7/maps")))
        .isEqualTo("the process ended while it was looked at (/proc/7/maps is gone)");
  }

  @Test
  void otherFilesAreNamedWithTheReason() {
    assertThat(Problem.describe(new NoSuchFileException("/tmp/x")))
        .isEqualTo("/tmp/x: NoSuchFileException");
    assertThat(Problem.describe(new FileSystemException("/dev/full", null, "no space")))
        .isEqualTo("/dev/full: no space");
  }

  @Test
  void aMissingLibraryComesWithItsPackage() {
    assertThat(Problem.describe(new UnsatisfiedLinkError("libbpf.so.1 cannot be loaded")))
        .isEqualTo(
            "libbpf.so.1 cannot be loaded; install version 1.0 or newer (Debian 12, Ubuntu 24.04 or newer:"
                + " apt-get install libbpf1; elsewhere build it from github.com/libbpf/libbpf)");
  }

  @Test
  void whatWasThoughtOfSpeaksForItself() {
    assertThat(Problem.describe(new TargetException("process 7 is a zombie")))
        .isEqualTo("process 7 is a zombie");
  }

  @Test
  void nothingIsEverEmpty() {
    assertThat(Problem.describe(new IOException())).isEqualTo("java.io.IOException");
    assertThat(Problem.describe(new IllegalStateException()))
        .isEqualTo("java.lang.IllegalStateException");
  }

  @Test
  void aFullHeapSaysHowMuchThereIsAndWhatToDo() {
    assertThat(describe(new OutOfMemoryError("Java heap space"), List.of()))
        .matches("memory is short: Java may take [0-9.]+ [MG]iB here, .*--stack-storage-size");
  }

  @Test
  void aLimitOfTheAddressSpaceIsNamedAsTheCause() {
    ResourceLimits limits =
        new ResourceLimits(
            "Max address space         4096000000           4096000000           bytes\n");
    assertThat(Problem.describe(new BpfException("load", Errno.ENOMEM, ""), List.of(), limits))
        .isEqualTo(
            "load: ENOMEM (out of memory); the address space of memstacks is limited to 3.8 GiB, too"
                + " little for it: ulimit -v unlimited");
    assertThat(
            Problem.describe(
                new BpfException("load", Errno.ESRCH, "Error loading vmlinux BTF: -12"),
                List.of(),
                limits))
        .contains("ulimit -v unlimited");
  }

  @Test
  void tooManyFilesComeWithTheLimitAndHowToRaiseIt() {
    ResourceLimits limits =
        new ResourceLimits(
            "Max open files            128                  4096                 files\n");
    for (Throwable e :
        List.of(
            new BpfException("load", Errno.EMFILE, ""),
            new FileSystemException("/proc/7/maps", null, "Too many open files"))) {
      assertThat(Problem.describe(e, List.of(), limits))
          .endsWith(
              "; no more than 128 files may be open here: raise the limit (ulimit -n 4096; a"
                  + " service's LimitNOFILE=), or trace fewer processes at once");
    }
  }

  @Test
  void perfEventsNeedMoreThanTheOtherWays() {
    BpfException refused =
        new BpfException("bpf_program__attach_uprobe_opts(free_entry)", Errno.EACCES, "");
    assertThat(describe(refused, List.of("CAP_DAC_READ_SEARCH")))
        .endsWith("; --attach perf needs CAP_SYS_ADMIN: run as root, or leave --attach out");
    assertThat(describe(refused, List.of("CAP_BPF", "CAP_DAC_READ_SEARCH")))
        .contains("lacking are CAP_BPF, CAP_DAC_READ_SEARCH");
  }

  @Test
  void tasksThatAreTooManyAreNotCalledMemory() {
    assertThat(
            describe(
                new OutOfMemoryError(
                    "unable to create native thread: possibly out of memory or process/resource"
                        + " limits reached"),
                List.of()))
        .contains("pids.max", "ulimit -u")
        .doesNotContain("memory is short");
  }

  private static String describe(Throwable e, List<String> lacking) {
    return Problem.describe(e, lacking, new ResourceLimits(""));
  }
}
