package org.memstacks.live;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.lang.ProcessBuilder.Redirect;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.memstacks.live.Memstacks.Result;
import org.memstacks.live.TracedProgram.Truth;

/**
 * With how little privilege the user who owns a process can trace it, and what is said below that.
 */
@LiveKernel
class CapabilitiesTest {
  private static final List<String> SUFFICIENT =
      List.of("bpf", "perfmon", "sys_ptrace", "checkpoint_restore");

  @Test
  void fourCapabilitiesSuffice() throws IOException {
    try (TracedProgram program = TracedProgram.start("threads");
        Memstacks memstacks = start(SUFFICIENT, "-f", "-p", "" + program.pid())) {
      memstacks.awaitAttached();
      program.begin();
      Map<String, Truth> truth = program.truth();
      Result result = memstacks.stop();

      assertThat(result.byCaller())
          .containsAllEntriesOf(TracedProgram.nonZero(truth, Truth::unfreedBytes));
      assertThat(result.exit()).isZero();
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "bpf | EPERM (operation not permitted); run as root, outside of containers that forbid bpf(), or with CAP_BPF",
        "perfmon | EPERM (operation not permitted); run as root, outside of containers that forbid bpf(), or with CAP_BPF",
        "checkpoint_restore | ; run as root, outside of containers that forbid bpf(), or with CAP_BPF",
        "bpf perfmon sys_ptrace checkpoint_restore | /maps may not be read: run as root, or with CAP_SYS_PTRACE and",
      })
  void withLessThereIsAReason(String missing, String reason) throws IOException {
    List<String> left =
        SUFFICIENT.stream().filter(c -> !List.of(missing.split(" ")).contains(c)).toList();
    try (TracedProgram program = TracedProgram.start("idle");
        Memstacks memstacks = start(left, "-p", "" + program.pid(), "1")) {
      Result result = memstacks.result();

      assertThat(result.exit()).isEqualTo(1);
      assertThat(result.errors()).contains(reason).hasLineCount(1);
    }
  }

  private static Memstacks start(List<String> capabilities, String... arguments)
      throws IOException {
    String set =
        Stream.concat(Stream.of("-all"), capabilities.stream().map(c -> "+" + c))
            .collect(Collectors.joining(","));
    List<String> command =
        new ArrayList<>(List.of("setpriv", "--bounding-set=" + set, "--inh-caps=-all"));
    command.addAll(Memstacks.java(List.of()));
    return Memstacks.run(Redirect.PIPE, command, arguments);
  }
}
