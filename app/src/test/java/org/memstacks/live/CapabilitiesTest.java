package org.memstacks.live;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Root's rights one by one: which suffice, and what is said when one is missing. */
@LiveKernel
class CapabilitiesTest {
  static final List<String> SUFFICIENT =
      List.of("bpf", "perfmon", "sys_ptrace", "checkpoint_restore");

  @ParameterizedTest
  @ValueSource(strings = {"-f", "-af"})
  void fourCapabilitiesSuffice(String mode) throws Exception {
    try (TracedProgram program = TracedProgram.start("threads")) {
      Process memstacks = start(SUFFICIENT, mode, "-p", "" + program.pid());
      try {
        awaitAttached(memstacks.errorReader());
        program.begin();
        long truth = program.truth().get("leak_in_thread").unfreedBytes();
        memstacks.toHandle().destroy();
        List<String> lines = memstacks.inputReader().lines().toList();

        assertThat(memstacks.waitFor()).isZero();
        assertThat(lines)
            .filteredOn(line -> line.contains(";leak_in_thread;malloc "))
            .singleElement()
            .asString()
            .endsWith(" " + truth);
      } finally {
        memstacks.destroyForcibly().waitFor();
      }
    }
  }

  @ParameterizedTest
  @CsvSource({
    "bpf,                CAP_BPF, EPERM",
    "perfmon,            CAP_PERFMON, EPERM",
    "sys_ptrace,         CAP_SYS_PTRACE, may not be read",
    "checkpoint_restore, CAP_CHECKPOINT_RESTORE, EPERM"
  })
  void withoutOneOfThemItSaysWhatIsNeeded(String missing, String name, String reason)
      throws Exception {
    List<String> others = new ArrayList<>(SUFFICIENT);
    others.remove(missing);
    assertThat(refusal(others, List.of()))
        .contains(reason, "run as root; lacking are " + name + ", CAP_DAC_READ_SEARCH (")
        .satisfies(said -> assertThat(said.lines()).hasSizeBetween(1, 3));
  }

  @Test
  void withNoneItMayNotEvenLook() throws Exception {
    assertThat(refusal(List.of(), List.of()))
        .matches(
            "memstacks: /proc/\\d+/maps may not be read: run as root; lacking are CAP_BPF, CAP_PERFMON,"
                + " CAP_SYS_PTRACE, CAP_CHECKPOINT_RESTORE, CAP_DAC_READ_SEARCH \\(.*\\)\n");
  }

  @Test
  void anotherUsersProcessNeedsOneMore() throws Exception {
    List<String> asNobody = List.of("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups");
    assertThat(refusal(SUFFICIENT, asNobody))
        .contains("may not be read: run as root; lacking are CAP_DAC_READ_SEARCH (");
    List<String> five = new ArrayList<>(SUFFICIENT);
    five.add("dac_read_search");
    try (TracedProgram program = nobodysProgram(asNobody)) {
      Process memstacks = start(five, "-f", "-p", "" + program.pid());
      try {
        awaitAttached(memstacks.errorReader());
        memstacks.toHandle().destroy();
        assertThat(memstacks.waitFor(60, TimeUnit.SECONDS)).isTrue();
        assertThat(memstacks.exitValue()).isZero();
      } finally {
        memstacks.destroyForcibly().waitFor();
      }
    }
  }

  /** An idle program of another user, whom the prefix of its command says. */
  static TracedProgram nobodysProgram(List<String> prefix) throws IOException {
    Path program = Files.createTempDirectory("memstacks").resolve("idle");
    Files.setPosixFilePermissions(
        program.getParent(), PosixFilePermissions.fromString("rwxr-xr-x"));
    Files.copy(TracedProgram.build("idle"), program);
    List<String> command = new ArrayList<>(prefix);
    command.add(program.toString());
    return TracedProgram.start(Map.of(), command);
  }

  /**
   * What is said of a process that cannot be traced with these capabilities.
   *
   * @param prefix of the process's command, making it another user's; empty for our own
   */
  private static String refusal(List<String> capabilities, List<String> prefix) throws Exception {
    try (TracedProgram program =
        prefix.isEmpty() ? TracedProgram.start("idle") : nobodysProgram(prefix)) {
      Process memstacks = start(capabilities, "-f", "-p", "" + program.pid(), "5");
      try {
        String said = String.join("\n", memstacks.errorReader().lines().toList()) + "\n";
        assertThat(memstacks.waitFor(60, TimeUnit.SECONDS)).isTrue();
        assertThat(memstacks.exitValue()).isEqualTo(1);
        assertThat(memstacks.inputReader().lines()).isEmpty();
        return said;
      } finally {
        memstacks.destroyForcibly().waitFor();
      }
    }
  }

  private static Process start(List<String> capabilities, String... arguments) throws IOException {
    StringBuilder bounds = new StringBuilder("-all");
    capabilities.forEach(capability -> bounds.append(",+").append(capability));
    List<String> command =
        new ArrayList<>(
            List.of(
                "setpriv",
                "--inh-caps=-all",
                "--bounding-set=" + bounds,
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--enable-native-access=ALL-UNNAMED",
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1",
                "-cp",
                System.getProperty("java.class.path"),
                "org.memstacks.cli.MemstacksMain"));
    command.addAll(List.of(arguments));
    return new ProcessBuilder(command).start();
  }

  private static void awaitAttached(BufferedReader errors) throws IOException {
    List<String> said = new ArrayList<>();
    for (String line = errors.readLine(); line != null; line = errors.readLine()) {
      if (line.contains("attached to PID")) {
        return;
      }
      said.add(line);
    }
    throw new IOException("ended before it was attached: " + said);
  }
}
