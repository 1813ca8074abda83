package org.memstacks.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.memstacks.target.TargetException;

class ProcessNameTest {
  /* Longer than a comm, so that the kernel keeps only its begin. */
  private static final String NAME = "sleeper-with-a-long-name";

  @TempDir Path directory;
  private final List<Process> started = new ArrayList<>();

  @AfterEach
  void end() {
    started.forEach(process -> process.destroyForcibly().onExit().join());
  }

  @Test
  void theExecutablesNameFindsTheProcess() throws IOException {
    int pid = start(executable(), "60");
    assertThat(ProcessName.pid(NAME, true)).isEqualTo(pid);
  }

  @Test
  void anExecutableThatWasDeletedKeepsItsName() throws IOException {
    String executable = executable();
    int pid = start("bash", "-c", "exec -a sleeper-other " + executable + " 60");
    Files.delete(Path.of(executable));
    assertThat(ProcessName.pid(NAME, true)).isEqualTo(pid);
  }

  @Test
  void soDoItsFirstArgumentAndWhatItCallsItself() throws IOException {
    int pid = start("bash", "-c", "exec -a /opt/" + NAME + "2 sleep 60");
    assertThat(ProcessName.pid(NAME + "2", true)).isEqualTo(pid);
    int named = start("bash", "-c", "printf sleeper-comm > /proc/$$/comm; read");
    assertThat(ProcessName.pid("sleeper-comm", true)).isEqualTo(named);
  }

  @Test
  void severalAreListedWithWhatTellsThemApart() throws IOException {
    String executable = executable();
    int first = start(executable, "60");
    int second = start("bash", "-c", "exec -a 'x 61\n/" + NAME + "' sleep 61");
    assertThatThrownBy(() -> ProcessName.pid(NAME, true))
        .isInstanceOf(TargetException.class)
        .hasMessageStartingWith("2 processes are called '" + NAME + "'; choose one with -p:\n")
        .hasMessageContaining("-p " + first)
        .hasMessageContaining(executable + " 60\n")
        .hasMessageContaining(System.getProperty("user.name"))
        .hasMessageContaining("-p " + second)
        .hasMessageContaining("x 61?")
        .hasMessageEndingWith("or all of them with -p " + first + "," + second);
    assertThatThrownBy(() -> ProcessName.pid(NAME, false)).hasMessageNotContaining("all of them");
  }

  @Test
  void noneIsSaid() {
    assertThatThrownBy(() -> ProcessName.pid("no-such-program", true))
        .isInstanceOf(TargetException.class)
        .hasMessageStartingWith("no process is called 'no-such-program'");
  }

  private String executable() throws IOException {
    Path copy = directory.resolve(NAME);
    Files.copy(Path.of("/bin/sleep").toRealPath(), copy);
    assertThat(copy.toFile().setExecutable(true)).isTrue();
    return copy.toString();
  }

  /** Starts it, and waits until it is what it becomes. */
  private int start(String... command) throws IOException {
    Process process = new ProcessBuilder(command).start();
    started.add(process);
    int pid = (int) process.pid();
    Path proc = Path.of("/proc", "" + pid);
    for (int i = 0; i < 500; i++) {
      String comm = Files.readString(proc.resolve("comm"));
      String arguments = Files.readString(proc.resolve("cmdline"));
      boolean becomes = arguments.contains("\0-c\0exec") || comm.equals("bash\n");
      if (arguments.contains("sleeper") && !becomes && isAsleep(proc)) {
        return pid;
      }
      pause();
    }
    throw new IOException("did not start: " + String.join(" ", command));
  }

  private static boolean isAsleep(Path proc) throws IOException {
    return Files.readString(proc.resolve("status")).contains("\nState:\tS");
  }

  private static void pause() {
    try {
      Thread.sleep(10);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
