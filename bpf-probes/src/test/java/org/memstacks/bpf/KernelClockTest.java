package org.memstacks.bpf;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

class KernelClockTest {
  @Test
  void aTimeNamespacesOffsetIsLeftOut() {
    assertThat(KernelClock.offset("monotonic         10         5\nboottime 3 0\n"))
        .isEqualTo(10_000_000_005L);
    assertThat(KernelClock.offset("monotonic -2 0\n")).isEqualTo(-2_000_000_000L);
    assertThat(KernelClock.offset("")).isZero();
  }

  @Test
  void itRunsLikeTheMachinesUptime() throws IOException {
    double uptime = Double.parseDouble(Files.readString(Path.of("/proc/uptime")).split(" ")[0]);
    // Uptime counts the time asleep as well.
    assertThat(KernelClock.nanos() / 1e9).isPositive().isLessThan(uptime + 1);
  }

  @Test
  void aThreadThatSleepsTakesNoTime() throws InterruptedException {
    long begin = KernelClock.threadNanos();
    Thread.sleep(200);
    assertThat(KernelClock.threadNanos() - begin).isBetween(0L, 100_000_000L);
  }

  @Test
  void aThreadThatComputesTakesTime() {
    long begin = KernelClock.threadNanos();
    while (KernelClock.threadNanos() - begin < 1_000_000) {
      Thread.onSpinWait();
    }
    assertThat(KernelClock.threadNanos()).isGreaterThanOrEqualTo(begin + 1_000_000);
  }
}
