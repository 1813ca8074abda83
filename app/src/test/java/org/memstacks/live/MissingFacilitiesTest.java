package org.memstacks.live;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.lang.ProcessBuilder.Redirect;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.memstacks.live.Memstacks.Result;

/**
 * Machines that lack something, by mount namespaces that hide it: what it is and what to do is said
 * by both collectors and by --check.
 */
@LiveKernel
class MissingFacilitiesTest {
  private static final String NO_TYPES = "mount -t tmpfs none /sys/kernel/btf";

  @TempDir Path directory;

  @ParameterizedTest
  @CsvSource({
    "memstacks, mount -t tmpfs none /sys/kernel/btf",
    "memstacks, mount -t tmpfs none /sys",
    "pgfaultstacks, mount -t tmpfs none /sys/kernel/btf",
    "memstacks, mount --bind /dev/null /sys/kernel/btf/vmlinux"
  })
  void aKernelWithoutTypeInformation(String collector, String mount) throws IOException {
    Result result = refusal(collector, mount);
    assertThat(result.errors())
        .endsWith(
            collector
                + ": bpf_object__load("
                + collector
                + "): ESRCH (no such process); the kernel's type information"
                + " (/sys/kernel/btf/vmlinux) is not there, or is not what it should be: mount -t sysfs sysfs"
                + " /sys, or boot a kernel built with CONFIG_DEBUG_INFO_BTF=y\n");
  }

  @ParameterizedTest
  @ValueSource(strings = {"memstacks", "pgfaultstacks"})
  void noLibbpf(String collector) throws IOException {
    assertThat(refusal(collector, "mount --bind /dev/null " + libbpf()).errors())
        .matches(
            collector
                + ": libbpf.so.1 cannot be loaded( \\(libbpf.so.0 is there: too old\\))?; install version 1.0 or newer"
                + " \\(Debian 12, Ubuntu 24.04 or newer: apt-get install libbpf1; elsewhere build it from"
                + " github.com/libbpf/libbpf\\)\n");
  }

  @ParameterizedTest
  @ValueSource(strings = {"memstacks", "pgfaultstacks"})
  void aLibbpfOfAnotherAge(String collector) throws IOException {
    Path other = TracedProgram.build("nobpf.so");
    assertThat(refusal(collector, "mount --bind '" + other + "' " + libbpf()).errors())
        .isEqualTo(
            collector
                + ": libbpf.so.1 has no function libbpf_version_string: it is too old; install version 1.0 or"
                + " newer (Debian 12, Ubuntu 24.04 or newer: apt-get install libbpf1; elsewhere build it"
                + " from github.com/libbpf/libbpf)\n");
  }

  /** By hidepid: it lives, and is not called ended. */
  @ParameterizedTest
  @ValueSource(strings = {"memstacks", "pgfaultstacks"})
  void aProcessThatProcDoesNotShow(String collector) throws IOException {
    List<String> command =
        new ArrayList<>(
            List.of(
                "unshare",
                "--mount",
                "sh",
                "-c",
                "mount -t proc -o hidepid=2 proc /proc"
                    + " && exec setpriv --regid=65534 --clear-groups --inh-caps=-all --bounding-set=-all \"$@\"",
                "sh"));
    command.addAll(Memstacks.collector(collector));
    List<String> asNobody = List.of("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups");
    try (TracedProgram program = CapabilitiesTest.nobodysProgram(asNobody);
        Memstacks run =
            Memstacks.run(Redirect.PIPE, command, "-f", "-p", "" + program.pid(), "1")) {
      assertThat(run.result().errors())
          .isEqualTo(
              collector
                  + ": process or thread "
                  + program.pid()
                  + " lives, but /proc does not show it to this user (it is mounted with hidepid): run as root\n");
    }
  }

  @Test
  void noPlaceForTemporaryFiles() throws IOException {
    List<String> command =
        new ArrayList<>(
            List.of("env", "HOME=/dev/null", "XDG_CACHE_HOME=/dev/null", "TMPDIR=/dev/null"));
    command.addAll(Memstacks.collector("memstacks"));
    try (TracedProgram program = TracedProgram.start("thrower");
        Memstacks run =
            Memstacks.run(Redirect.PIPE, command, "-f", "-p", "" + program.pid(), "1")) {
      Result result = run.result();
      assertThat(result.errors()).doesNotContain("mangled");
      assertThat(result.exit()).isZero();
    }
  }

  @Test
  void eachIsALineOfTheCheckWithWhatMendsIt() throws IOException {
    assertThat(check(NO_TYPES))
        .anyMatch(line -> line.matches("missing kernel .* has no type information .*"))
        .contains("                   -> boot a kernel built with CONFIG_DEBUG_INFO_BTF=y");
    assertThat(check("mount -t tmpfs none /sys"))
        .anyMatch(line -> line.matches("missing kernel .*; /sys is not mounted"))
        .contains("                   -> mount -t sysfs sysfs /sys");
    assertThat(check("mount --bind /dev/null " + libbpf()))
        .anyMatch(line -> line.startsWith("missing libbpf     libbpf.so.1 cannot be loaded"))
        .anyMatch(line -> line.startsWith("                   -> apt-get install libbpf1"));
  }

  /** What the kernel itself then refuses cannot be had without locking this machine down. */
  @Test
  void lockdownIsALineOfTheCheck() throws IOException {
    Files.writeString(directory.resolve("lockdown"), "none integrity [confidentiality]\n");
    assertThat(check("mount --bind '" + directory + "' /sys/kernel/security"))
        .anyMatch(line ->
            line.matches(
                "missing kernel .* is locked down for confidentiality: BPF may not read memory"))
        .contains("                   -> boot without lockdown=confidentiality");
  }

  private static Result refusal(String collector, String mount) throws IOException {
    try (TracedProgram program = TracedProgram.start("idle");
        Memstacks run = run(collector, mount, "-f", "-p", "" + program.pid(), "1")) {
      Result result = run.result();
      assertThat(result.exit()).isEqualTo(1);
      assertThat(result.lines()).isEmpty();
      return result;
    }
  }

  private static List<String> check(String mount) throws IOException {
    try (Memstacks run = run("memstacks", mount, "--check")) {
      Result result = run.result();
      assertThat(result.exit()).isEqualTo(1);
      assertThat(result.lines().getLast()).contains("cannot be traced: see what is missing above");
      return result.lines();
    }
  }

  private static Memstacks run(String collector, String mount, String... arguments)
      throws IOException {
    List<String> command =
        new ArrayList<>(List.of("unshare", "--mount", "sh", "-c", mount + " && exec \"$@\"", "sh"));
    command.addAll(Memstacks.collector(collector));
    return Memstacks.run(Redirect.PIPE, command, arguments);
  }

  /** Where the dynamic linker finds it. */
  private static String libbpf() throws IOException {
    Process cache = new ProcessBuilder("/sbin/ldconfig", "-p").start();
    return new String(cache.getInputStream().readAllBytes(), StandardCharsets.UTF_8)
        .lines()
        .filter(line -> line.strip().startsWith("libbpf.so.1 "))
        .map(line -> line.substring(line.indexOf("=> ") + 3))
        .findFirst()
        .orElseThrow();
  }
}
