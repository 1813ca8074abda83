package org.memstacks.live;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.memstacks.live.Memstacks.Result;
import org.memstacks.live.TracedProgram.Truth;

/** Code that comes and goes in the window, and code without unwind information. */
@LiveKernel
@Execution(ExecutionMode.CONCURRENT)
class CodeChangesTest {
  /* Twice as long as the file of names may stay unseen. */
  private static final long NAMES_SEEN_MILLIS = 1000;
  private static final Path MUSL = Path.of("/usr/bin/musl-gcc");

  @TempDir Path directory;

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

  /** Until the change is noticed the names are the old one's: that is said, and how much it is. */
  @ParameterizedTest
  @ValueSource(strings = {"-f", "-af"})
  void whatAPluginDoesBeforeItIsNoticedIsSaidToBeUncertain(String mode) throws IOException {
    try (TracedProgram program = TracedProgram.start("reloader", "hurried");
        Memstacks memstacks = Memstacks.attach(mode, "-p", "" + program.pid())) {
      program.begin();
      Map<String, Truth> truth = program.truth();
      Result result = memstacks.stop();

      Map<String, Long> seen = result.byCaller();
      assertThat(seen.getOrDefault("work_of_first", 0L) + seen.getOrDefault("work_of_second", 0L))
          .isEqualTo(truth.values().stream().mapToLong(Truth::unfreedBytes).sum());
      if (!seen.entrySet()
          .containsAll(TracedProgram.nonZero(truth, Truth::unfreedBytes).entrySet())) {
        assertThat(result.errors())
            .contains("memstacks: up to 4.9 KiB may bear the names of an object that was unloaded");
      }
    }
  }

  /**
   * What the first one's functions were called is nowhere to be read then, and must not be made up.
   */
  @Test
  void anObjectOverwrittenByAnotherIsNotNamedByIt() throws IOException {
    for (String file : List.of("reloader", "first-plugin.so", "second-plugin.so")) {
      Files.copy(TracedProgram.build("reloader").resolveSibling(file), directory.resolve(file));
    }
    List<String> command = List.of(directory.resolve("reloader").toString(), "overwriting");
    try (TracedProgram program = TracedProgram.start(Map.of(), command);
        Memstacks memstacks = Memstacks.attach("-f", "-p", "" + program.pid())) {
      program.begin();
      Map<String, Truth> truth = program.truth();
      Result result = memstacks.stop();

      Map<String, Long> seen = result.byCaller();
      assertThat(seen).containsEntry("work_of_second", truth.get("work_of_second").unfreedBytes());
      assertThat(result.lines()).noneMatch(line -> line.contains("[truncated"));
      long ofFirst = truth.get("work_of_first").unfreedBytes();
      if (seen.containsKey("work_of_first")) {
        // Its symbols were read in time.
        assertThat(seen).containsEntry("work_of_first", ofFirst);
      } else {
        assertThat(result.lines())
            .anyMatch(line -> line.contains("[first-plugin.so+0x") && line.endsWith(" " + ofFirst));
        assertThat(result.errors())
            .contains("/first-plugin.so: was overwritten after it was loaded");
      }
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"owner", "exporter"})
  void anAllocatorThatIsLoadedInTheWindowIsToldIfItIsUsed(String plugin) throws IOException {
    Path programs = TracedProgram.build("reloader").getParent();
    Files.copy(programs.resolve("reloader"), directory.resolve("reloader"));
    for (String file : List.of("first-plugin.so", "second-plugin.so")) {
      Files.copy(programs.resolve(plugin + "-plugin.so"), directory.resolve(file));
    }
    try (TracedProgram program =
            TracedProgram.start(Map.of(), List.of(directory.resolve("reloader").toString()));
        Memstacks memstacks = Memstacks.attach("-f", "-p", "" + program.pid())) {
      program.begin();
      program.truth();
      assertThat(program.end()).isZero();
      Result result = memstacks.result();

      boolean used = plugin.equals("owner");
      assertThat(result.exit()).as(result.errors()).isEqualTo(used ? 3 : 0);
      if (used) {
        assertThat(result.errors())
            .contains("calls of malloc of first-plugin.so lead to first-plugin.so");
      } else {
        assertThat(result.below("work_of_exporter")).isEqualTo(10 * 100 + 20 * 200);
      }
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void codeMadeWhileRunningHasItsNameEvenWhenTheTargetIsKilled(boolean killed)
      throws IOException, InterruptedException {
    Path names = null;
    try (TracedProgram program = TracedProgram.start("jitter");
        Memstacks memstacks = Memstacks.attach("-f", "-p", "" + program.pid())) {
      names = Path.of("/tmp/perf-" + program.pid() + ".map");
      program.begin();
      Map<String, Truth> truth = program.truth();
      if (killed) {
        Thread.sleep(NAMES_SEEN_MILLIS);
        Signals.send(program.pid(), "KILL");
      }
      Result result = killed ? memstacks.result() : memstacks.stop();

      assertThat(result.byCaller())
          .containsAllEntriesOf(TracedProgram.nonZero(truth, Truth::unfreedBytes));
      assertThat(result.lines()).noneMatch(line -> line.contains("[truncated"));
      assertThat(result.errors()).contains("code without unwind information, by frame pointer");
    } finally {
      if (names != null) {
        Files.deleteIfExists(names);
      }
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
