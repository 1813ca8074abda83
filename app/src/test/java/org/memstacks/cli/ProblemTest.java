package org.memstacks.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import org.junit.jupiter.api.Test;
import org.memstacks.target.TargetException;

class ProblemTest {
  @Test
  void whatIsForbiddenComesWithWhoMay() {
    assertThat(Problem.describe(new AccessDeniedException("/proc/1/mem")))
        .isEqualTo(
            "/proc/1/mem may not be read: run as root, or with CAP_BPF, CAP_PERFMON, CAP_SYS_PTRACE and CAP_CHECKPOINT_RESTORE");
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
            "libbpf.so.1 cannot be loaded; install it (Debian, Ubuntu: apt-get install libbpf1)");
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
}
