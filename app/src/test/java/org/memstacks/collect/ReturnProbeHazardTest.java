package org.memstacks.collect;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.memstacks.target.KernelVersion;
import org.memstacks.target.TargetProcess;

class ReturnProbeHazardTest {
  @ParameterizedTest
  @CsvSource({
    "5.15.0, false",
    "6.1.99, false",
    "6.10.14, false",
    "6.11.0, true",
    "6.11.11, true",
    "6.12.0, true",
    "6.12.13, true",
    "6.12.14, false",
    "6.12.60, false",
    "6.13.0, true",
    "6.13.2, true",
    "6.13.3, false",
    "6.14.0, false",
    "6.18.44, false",
    "7.0.0, false",
    "7.12.0, false",
  })
  void kernelsThatKillFilteredTargetsAreKnown(String release, boolean deadly) throws IOException {
    String[] parts = release.split("\\.");
    KernelVersion kernel =
        new KernelVersion(
            Integer.parseInt(parts[0]), Integer.parseInt(parts[1]), Integer.parseInt(parts[2]));
    assertThat(ReturnProbeHazard.isDeadly(kernel, true, () -> true)).isEqualTo(deadly);
    assertThat(ReturnProbeHazard.isDeadly(kernel, true, () -> false)).as("no filter").isFalse();
    assertThat(ReturnProbeHazard.isDeadly(kernel, false, () -> true)).as("arm64").isFalse();
  }

  @Test
  void theRefusalSaysWhyAndWhatToDo() {
    assertThat(
            ReturnProbeHazard.message(
                new TargetProcess(7, "nginx", 1), new KernelVersion(6, 12, 5)))
        .isEqualTo(
            "process 7 (nginx) is under a seccomp filter, and Linux 6.12.5 lets that kill it at the first"
                + " return probe (mended in 6.12.14, 6.13.3 and 6.14); -a, which counts all allocations,"
                + " needs none");
  }
}
