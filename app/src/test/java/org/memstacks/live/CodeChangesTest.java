package org.memstacks.live;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.memstacks.live.Memstacks.Result;
import org.memstacks.live.TracedProgram.Truth;

/** Code that comes and goes in the window, and code without unwind information. */
@LiveKernel
class CodeChangesTest {
  private static final Path MUSL = Path.of("/usr/bin/musl-gcc");

  @ParameterizedTest
  @ValueSource(strings = {"-f", "-af"})
  void aPluginInTheAddressesOfAnotherIsNotTakenForIt(String mode) throws IOException {
    try (TracedProgram program = TracedProgram.start("reloader");
        Memstacks memstacks = Memstacks.attach(mode, "-p", "" + program.pid())) {
      program.begin();
      Map<String, Truth> truth = program.truth();
      Result result = memstacks.stop();

      assertThat(result.byCaller())
          .containsAllEntriesOf(TracedProgram.nonZero(truth, Truth::unfreedBytes));
    }
  }

  @Test
  void stacksOfMuslProgramsReachTheirBegin() throws IOException {
    assumeTrue(Files.exists(MUSL), MUSL + " is not installed");
    try (TracedProgram program = TracedProgram.start("threads-musl");
        Memstacks memstacks = Memstacks.attach("-f", "-p", "" + program.pid())) {
      program.begin();
      Map<String, Truth> truth = program.truth();
      Result result = memstacks.stop();

      assertThat(result.byCaller())
          .containsAllEntriesOf(TracedProgram.nonZero(truth, Truth::unfreedBytes));
      assertThat(result.lines()).noneMatch(line -> line.contains("[truncated"));
    }
  }
}
