package org.memstacks.target;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
class TargetProcessTest {
  private static final int SELF = Math.toIntExact(ProcessHandle.current().pid());

  @Test
  void knowsThisProcess() throws IOException {
    TargetProcess self = TargetProcess.of(SELF);
    assertThat(self.pid()).isEqualTo(SELF);
    assertThat(self.comm()).isEqualTo(Files.readString(Path.of("/proc/self/comm")).strip());
    assertThat(self.startTime()).isPositive();
    assertThat(self.isAlive()).isTrue();
    assertThat(self.threads()).isGreaterThan(1);
    assertThat(self.activity().minorFaults()).isPositive();
    assertThat(self.activity().dataPages()).isPositive();
  }

  @Test
  void aNumberNobodyHasIsRefused() {
    assertThatThrownBy(() -> TargetProcess.of(Integer.MAX_VALUE))
        .isInstanceOf(TargetException.class)
        .hasMessage(
            "there is no process or thread 2147483647: it has ended, or the number belongs to another PID namespace");
    assertThatThrownBy(() -> TargetProcess.ofThread(Integer.MAX_VALUE))
        .isInstanceOf(TargetException.class)
        .hasMessageStartingWith("there is no process or thread 2147483647: ");
  }

  @Test
  void aKernelThreadIsRefused() throws IOException {
    Assumptions.assumeTrue(
        Files.readString(Path.of("/proc/2/comm")).equals("kthreadd\n"),
        "this PID namespace shows no kernel threads");
    assertThatThrownBy(() -> TargetProcess.of(2))
        .isInstanceOf(TargetException.class)
        .hasMessage("process 2 (kthreadd) is a kernel thread: it has no memory of its own");
  }

  @Test
  void aZombieIsRefused() throws IOException {
    try (Zombie zombie = Zombie.start()) {
      assertThatThrownBy(() -> TargetProcess.of(zombie.pid()))
          .isInstanceOf(TargetException.class)
          .hasMessageStartingWith("process " + zombie.pid() + " (")
          .hasMessageEndingWith(
              ") has ended and waits for its parent (zombie): there is nothing left to trace");
    }
  }

  @Test
  void aThreadIsRefusedAsAProcessAndLeadsToItsOwn() throws IOException {
    int thread = anyThread();
    assertThatThrownBy(() -> TargetProcess.of(thread))
        .isInstanceOf(TargetException.class)
        .hasMessageStartingWith(thread + " is a thread of process " + SELF + " (")
        .hasMessageEndingWith(
            "): use -p %d for the process, or memstacks -t %d for this thread alone"
                .formatted(SELF, thread));
    assertThat(TargetProcess.ofThread(thread)).isEqualTo(TargetProcess.of(SELF));
    assertThat(TargetProcess.ofThread(SELF)).isEqualTo(TargetProcess.of(SELF));
  }

  @Test
  void anEndedProcessIsNotAlive() throws Exception {
    Process child = new ProcessBuilder("sleep", "60").start();
    TargetProcess target = TargetProcess.of(Math.toIntExact(child.pid()));
    assertThat(target.comm()).isEqualTo("sleep");
    assertThat(target.isAlive()).isTrue();
    child.destroyForcibly();
    assertThat(child.waitFor(10, TimeUnit.SECONDS)).isTrue();
    assertThat(target.isAlive()).isFalse();
    assertThat(target.threads()).isZero();
    assertThatThrownBy(target::activity).isInstanceOf(TargetException.class);
  }

  @Test
  void anotherProcessUnderItsNumberIsNotTheTarget() throws IOException {
    TargetProcess self = TargetProcess.of(SELF);
    assertThat(new TargetProcess(SELF, self.comm(), self.startTime() - 1).isAlive()).isFalse();
  }

  @Test
  void namesMayHoldAnything() throws Exception {
    Path program = Files.createTempDirectory("comm").resolve("a) R (;\n");
    Files.copy(Path.of("/bin/sleep"), program);
    Process child = new ProcessBuilder(List.of(program.toString(), "60")).start();
    try {
      for (int i = 0; i < 200 && TargetProcess.of((int) child.pid()).comm().length() > 8; i++) {
        Thread.sleep(10);
      }
      TargetProcess target = TargetProcess.of(Math.toIntExact(child.pid()));
      assertThat(target.comm())
          .as("without what a terminal takes for a command")
          .isEqualTo("a) R (;?");
      assertThat(target.isAlive()).isTrue();
      assertThat(target.threads()).isEqualTo(1);
    } finally {
      child.destroyForcibly().waitFor();
      Files.delete(program);
      Files.delete(program.getParent());
    }
  }

  private static int anyThread() throws IOException {
    try (var tasks = Files.list(Path.of("/proc/self/task"))) {
      return tasks
          .mapToInt(task -> Integer.parseInt(task.getFileName().toString()))
          .filter(tid -> tid != SELF)
          .min()
          .orElseThrow();
    }
  }
}
