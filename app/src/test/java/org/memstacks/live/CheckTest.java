package org.memstacks.live;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.lang.ProcessBuilder.Redirect;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.memstacks.live.Memstacks.Result;

/** Whether it can be traced, before it is. */
@LiveKernel
@Execution(ExecutionMode.CONCURRENT)
class CheckTest {
  private static final String JEMALLOC = "/usr/lib/x86_64-linux-gnu/libjemalloc.so.2";

  @Test
  void thisMachineCanBeTracedOn() throws IOException {
    Result result = run("--check");
    assertThat(subjects(result))
        .containsExactly("kernel", "rights", "libbpf", "probes", "memory", "unwinding");
    assertThat(result.lines()).filteredOn(line -> line.startsWith("missing")).isEmpty();
    assertThat(result.lines().getLast())
        .isEqualTo("a process on this machine can be traced: memstacks -p PID -f 60 > out.stacks");
    assertThat(result.errors()).isEmpty();
    assertThat(result.exit()).isZero();
  }

  @ParameterizedTest
  @ValueSource(strings = {"session", "multi", "perf"})
  void aProcessIsTriedAndLeftAsItWas(String attach) throws IOException {
    try (TracedProgram program = TracedProgram.start("threads")) {
      Result result = run("--check", "--attach=" + attach, "-p", "" + program.pid());

      assertThat(result.lines())
          .contains("ok      probes     attached by " + attach + " and detached again")
          .anyMatch(line -> line.matches("ok +process +" + program.pid() + " \\(threads\\), .*"))
          .anyMatch(line -> line.matches("ok +allocator +/.*/libc.so.6: malloc\\+0x.* free\\+0x.*"))
          .contains(
              "the process can be traced: memstacks -p " + program.pid() + " -f 60 > out.stacks");
      assertThat(result.exit()).isZero();
      program.begin();
      assertThat(program.truth()).isNotEmpty();
      assertThat(program.end()).isZero();
    }
  }

  @Test
  void theAllocatorIsTheOneTheProcessUses() throws IOException {
    Assumptions.assumeTrue(Files.exists(Path.of(JEMALLOC)), "libjemalloc2 is not installed");
    try (TracedProgram program = TracedProgram.start(Map.of("LD_PRELOAD", JEMALLOC), "threads")) {
      assertThat(run("--check", "-p", "" + program.pid()).lines())
          .anyMatch(line -> line.matches("ok +allocator +/.*/libjemalloc.so.2: malloc\\+0x.*"));
    }
  }

  @Test
  void aSeccompFilterIsSeen() throws IOException {
    Map<String, String> environment =
        Map.of("LD_PRELOAD", TracedProgram.build("filtered.so").toString());
    try (TracedProgram program = TracedProgram.start(environment, "threads")) {
      assertThat(run("--check", "-p", "" + program.pid()).lines())
          .anyMatch(line -> line.contains("under a seccomp filter"));
    }
  }

  @ParameterizedTest
  @CsvSource({"session, true", "perf, false"})
  void whereChildrenAreLikelyTheWayThatSparesThemIsOffered(String attach, boolean offered)
      throws IOException {
    Process parent = new ProcessBuilder("sh", "-c", "sleep 60; true").start();
    try {
      TracedProgram.Timed.within(
          30,
          () -> {
            while (parent.children().findAny().isEmpty()) {
              Thread.sleep(10);
            }
            return true;
          });
      assertThat(
              run("--check", "--attach=" + attach, "-p", "" + parent.pid())
                  .lines()
                  .contains("                   -> --attach perf spares children"))
          .isEqualTo(offered);
    } finally {
      parent.descendants().forEach(ProcessHandle::destroyForcibly);
      parent.destroyForcibly();
    }
  }

  @ParameterizedTest
  @CsvSource({
    "-p 2147483647, there is no process or thread 2147483647",
    "-t 2147483647, there is no process or thread 2147483647",
    "-p 2, kernel thread",
  })
  void whatCannotBeTracedIsSaidWithTheMachineAllRight(String arguments, String why)
      throws IOException {
    String[] target = arguments.split(" ");
    Result result = run("--check", target[0], target[1]);
    assertThat(subjects(result)).containsExactly("kernel", "rights", "libbpf", "process");
    assertThat(result.lines()).anyMatch(line -> line.matches("missing process .*" + why + ".*"));
    assertThat(result.lines().getLast())
        .isEqualTo("the process cannot be traced: see what is missing above");
    assertThat(result.exit()).isEqualTo(1);
  }

  @Test
  void anObjectWithoutAllocatorIsMissing() throws IOException {
    try (TracedProgram program = TracedProgram.start("idle")) {
      Result result = run("--check", "-O", "idle", "-p", "" + program.pid());
      assertThat(result.lines())
          .anyMatch(line -> line.startsWith("missing allocator  idle defines no malloc"));
      assertThat(result.exit()).isEqualTo(1);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"bpf", "perfmon", "sys_ptrace", "checkpoint_restore"})
  void aRightThatLacksIsNamed(String missing) throws IOException {
    List<String> command =
        new ArrayList<>(
            List.of("setpriv", "--inh-caps=-all", "--bounding-set=-all" + others(missing)));
    command.addAll(Memstacks.java(List.of()));
    try (TracedProgram program = TracedProgram.start("idle");
        Memstacks memstacks =
            Memstacks.run(Redirect.PIPE, command, "--check", "-p", "" + program.pid())) {
      Result result = memstacks.result();
      assertThat(result.lines())
          .contains(
              "missing rights     lacking are CAP_" + missing.toUpperCase(java.util.Locale.ROOT));
      assertThat(result.exit()).isEqualTo(1);
    }
  }

  private static String others(String missing) {
    StringBuilder bounds = new StringBuilder();
    for (String capability : CapabilitiesTest.SUFFICIENT) {
      if (!capability.equals(missing)) {
        bounds.append(",+").append(capability);
      }
    }
    return bounds.toString();
  }

  /** What the lines are about, each once, in order. */
  private static List<String> subjects(Result result) {
    return result.lines().stream()
        .filter(line -> line.matches("(ok|note|missing) .*"))
        .map(line -> line.split(" +")[1])
        .distinct()
        .toList();
  }

  private static Result run(String... arguments) throws IOException {
    try (Memstacks memstacks = Memstacks.start(arguments)) {
      return memstacks.result();
    }
  }
}
