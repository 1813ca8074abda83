package org.memstacks.live;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.ToLongFunction;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.memstacks.elf.SectionHeaders;
import org.memstacks.live.Memstacks.Result;
import org.memstacks.live.TracedProgram.Truth;

/**
 * Allocators that are hard to probe: right counts, or a refusal that says why. Never wrong counts.
 */
@LiveKernel
@Execution(ExecutionMode.CONCURRENT)
class OddAllocatorsTest {
  private static final Path JEMALLOC = Path.of("/usr/lib/x86_64-linux-gnu/libjemalloc.so.2");

  @TempDir Path directory;

  @Test
  void anIndirectFunctionIsRefused() throws IOException {
    Path library = TracedProgram.build("odd-indirect.so");

    assertThat(refusal(Map.of("LD_PRELOAD", library.toString())))
        .isEqualTo(
            "memstacks: malloc in "
                + library
                + " is an indirect function (IFUNC): which code it stands for is decided at run"
                + " time, so it cannot be probed safely\n");
  }

  @Test
  void codeThatWasChangedInMemoryIsRefused() throws IOException {
    Path library = TracedProgram.build("odd-detoured.so");

    assertThat(refusal(Map.of("LD_PRELOAD", library.toString())))
        .isEqualTo(
            "memstacks: malloc in "
                + library
                + " was changed in memory after it was loaded (by a detour, or by text relocations):"
                + " a probe would make the process execute the file's code there, and crash\n");
  }

  @Test
  void codeThatWasCopiedToOtherPagesIsRefused() throws IOException {
    Path library = TracedProgram.build("odd-copied.so");

    assertThat(refusal(Map.of("LD_PRELOAD", library.toString())))
        .isEqualTo(
            "memstacks: malloc in "
                + library
                + " was moved to memory of the process's own (as for huge pages): probes sit in"
                + " files, and none would see its calls\n");
  }

  @ParameterizedTest
  @CsvSource({"moved, je_malloc", "moved-static, malloc"})
  void anExecutableThatMovedItsCodeIsRefusedIfItHasAnAllocator(String name, String function)
      throws IOException {
    try (TracedProgram program = TracedProgram.start(name);
        Memstacks memstacks = Memstacks.start("-f", "-p", "" + program.pid(), "5")) {
      Result result = memstacks.result();

      assertThat(result.exit()).isEqualTo(1);
      assertThat(result.errors())
          .isEqualTo(
              "memstacks: "
                  + function
                  + " in "
                  + TracedProgram.build(name)
                  + " was moved to memory of the process's own (as for huge pages): probes sit in"
                  + " files, and none would see its calls\n");
      program.begin();
      program.truth();
      assertThat(program.end()).isZero();
    }
  }

  @ParameterizedTest
  @CsvSource({
    "odd-detoured_later.so, was changed in the window",
    "odd-copied_later.so, was moved in the window"
  })
  void codeThatIsChangedInTheWindowIsNoticed(String name, String what) throws IOException {
    for (String mode : new String[] {"-f", "-af"}) {
      Path library = TracedProgram.build(name);
      try (TracedProgram program =
              TracedProgram.start(
                  Map.of("LD_PRELOAD", library.toString()), "groundtruth", "-n", "1000");
          Memstacks memstacks = Memstacks.attach(mode, "-p", "" + program.pid())) {
        Signals.send(program.pid(), "USR2");
        program.begin();
        program.truth();
        Result result = memstacks.stop();

        assertThat(result.errors())
            .containsPattern("incomplete: the code of (free, )?malloc " + what);
        assertThat(result.exit()).isEqualTo(3);
        assertThat(program.end()).isZero();
      }
    }
  }

  @Test
  void callsThatAreLedElsewhereInTheWindowAreNoticed() throws IOException {
    Path library = TracedProgram.build("odd-rebound_later.so");
    for (String mode : new String[] {"-f", "-af"}) {
      try (TracedProgram program =
              TracedProgram.start(
                  Map.of("LD_PRELOAD", library.toString()), "groundtruth", "-n", "1000");
          Memstacks memstacks = Memstacks.attach(mode, "-p", "" + program.pid())) {
        Signals.send(program.pid(), "USR2");
        program.begin();
        program.truth();
        Result result = memstacks.stop();

        assertThat(result.errors())
            .contains(
                "incomplete: calls of malloc of groundtruth lead to odd-rebound_later.so: what that"
                    + " does not take from traced functions is not seen");
        assertThat(result.exit()).isEqualTo(3);
        assertThat(program.end()).isZero();
      }
    }
  }

  /** Nothing can be read of it at the end. */
  @ParameterizedTest
  @CsvSource({
    "odd-rebound_later.so, groundtruth",
    "odd-rebound_own_later.so, odd-rebound_own_later.so"
  })
  void callsThatAreLedElsewhereAreNoticedThoughTheProcessEnds(String name, String caller)
      throws Exception {
    Path library = TracedProgram.build(name);
    try (TracedProgram program =
            TracedProgram.start(
                Map.of("LD_PRELOAD", library.toString()), "groundtruth", "-n", "1000");
        Memstacks memstacks = Memstacks.attach("-f", "-p", "" + program.pid())) {
      Signals.send(program.pid(), "USR2");
      program.begin();
      program.truth();
      // On a busy machine looks are seconds apart.
      Thread.sleep(6_000);
      assertThat(program.end()).isZero();
      Result result = memstacks.result();

      assertThat(result.errors())
          .contains("incomplete: calls of malloc of " + caller + " lead to " + name + ": what");
      assertThat(result.exit()).isEqualTo(3);
    }
  }

  /** Other objects call what they find under malloc's name there, and come to malloc. */
  @ParameterizedTest
  @ValueSource(strings = {"-f", "-af"})
  void anExecutableOfFixedAddressesLeadsCallsNowhereElse(String mode) throws IOException {
    try (TracedProgram program = TracedProgram.start("fixed");
        Memstacks memstacks = Memstacks.attach(mode, "-p", "" + program.pid())) {
      program.begin();
      Map<String, Truth> truth = program.truth();
      Result result = memstacks.stop();

      Truth main = truth.get("main");
      assertThat(result.below("main"))
          .isEqualTo(mode.equals("-f") ? main.unfreedBytes() : main.allBytes());
      assertThat(result.exit()).as(result.errors()).isZero();
    }
  }

  /** What is unmapped the kernel tells. */
  @Test
  void ofMappingCallsTooCodeThatWasChangedIsNotProbed() throws IOException {
    Path library = TracedProgram.build("odd-detoured.so");
    try (TracedProgram program =
            TracedProgram.start(Map.of("LD_PRELOAD", library.toString()), "pages");
        Memstacks memstacks =
            Memstacks.attachPgfaultstacks("-vf", "-p", Long.toString(program.pid()))) {
      program.begin();
      program.truth();
      Result result = memstacks.stop();

      assertThat(result.errors())
          .contains(
              "madvise in "
                  + library
                  + " cannot be probed: it was changed in memory after it was loaded")
          .doesNotContain("munmap in ");
      assertThat(program.end()).isZero();
    }
  }

  @Test
  void everyVersionOfASymbolIsTraced() throws IOException {
    Path library = TracedProgram.build("odd-versioned.so");

    assertExact(Map.of("LD_PRELOAD", library.toString()), library);
  }

  @Test
  void anInstructionThatNoProbeMaySitOnIsPassedOver() throws IOException {
    Path library = TracedProgram.build("odd-locked.so");

    assertExact(Map.of("LD_PRELOAD", library.toString()), library);
  }

  @Test
  void functionsWhoseSymbolsHaveNoTypeAreTraced() throws IOException {
    Path library = TracedProgram.build("odd-untyped.so");

    assertExact(Map.of("LD_PRELOAD", library.toString()), library);
  }

  @Test
  void codeThatIsNotUnderstoodIsRefused() throws IOException {
    Assumptions.assumeTrue(
        Files.readString(Path.of("/proc/cpuinfo")).contains(" sse4a "), "no CPU with SSE4a");
    Path library = TracedProgram.build("odd-unknown.so");

    assertThat(refusal(Map.of("LD_PRELOAD", library.toString())))
        .endsWith(
            "ENOEXEC (not understood as code); an allocation function begins with an instruction"
                + " that the kernel does not probe: -O names another object\n");
  }

  @Test
  void aLibraryThatWasReplacedOnDiskIsTracedAsItIsMapped() throws IOException {
    Assumptions.assumeTrue(Files.exists(JEMALLOC), "libjemalloc2 is not installed");
    Path library = directory.resolve("libjemalloc.so.2");
    Files.copy(JEMALLOC, library);
    try (TracedProgram program =
        TracedProgram.start(Map.of("LD_PRELOAD", library.toString()), "groundtruth", "-P")) {
      Path other = directory.resolve("upgrade");
      Files.copy(TracedProgram.build("odd-locked.so"), other);
      Files.move(other, library, StandardCopyOption.REPLACE_EXISTING);

      assertExact(program, "-f", Truth::unfreedBytes, library);
    }
  }

  @Test
  void aLibraryThatWasDeletedIsTraced() throws IOException {
    Assumptions.assumeTrue(Files.exists(JEMALLOC), "libjemalloc2 is not installed");
    Path library = directory.resolve("libjemalloc.so.2");
    Files.copy(JEMALLOC, library);
    try (TracedProgram program =
        TracedProgram.start(Map.of("LD_PRELOAD", library.toString()), "groundtruth", "-P")) {
      Files.delete(library);

      assertExact(program, "-af", Truth::allBytes, library);
    }
  }

  @Test
  void aStrippedAllocatorIsTracedByTheSymbolsItExports() throws IOException {
    Assumptions.assumeTrue(Files.exists(JEMALLOC), "libjemalloc2 is not installed");
    Path library = directory.resolve("libjemalloc.so.2");
    Files.copy(JEMALLOC, library);
    strip(library);

    try (TracedProgram program =
        TracedProgram.start(Map.of("LD_PRELOAD", library.toString()), "groundtruth", "-P")) {
      assertExact(program, "-f", Truth::unfreedBytes, library);
    }
  }

  @Test
  void anAllocatorWithoutSectionHeadersIsTraced() throws IOException {
    Assumptions.assumeTrue(Files.exists(JEMALLOC), "libjemalloc2 is not installed");
    Path library = directory.resolve("libjemalloc.so.2");
    Files.write(library, SectionHeaders.removed(Files.readAllBytes(JEMALLOC)));

    try (TracedProgram program =
        TracedProgram.start(Map.of("LD_PRELOAD", library.toString()), "groundtruth", "-P")) {
      assertExact(program, "-f", Truth::unfreedBytes, library);
    }
  }

  @ParameterizedTest
  @CsvSource({
    "-f, groundtruth-jemalloc, /usr/lib/x86_64-linux-gnu/libjemalloc.a",
    "-af, groundtruth-jemalloc, /usr/lib/x86_64-linux-gnu/libjemalloc.a",
    "-f, groundtruth-mimalloc, /usr/local/lib/libmimalloc.a",
    "-af, groundtruth-mimalloc, /usr/local/lib/libmimalloc.a"
  })
  void aStrippedExecutableWithItsAllocatorLinkedInIsTraced(String mode, String name, String archive)
      throws IOException {
    Assumptions.assumeTrue(Files.exists(Path.of(archive)), archive + " is not installed");
    Path executable = directory.resolve(name);
    Files.copy(TracedProgram.build(name), executable);
    strip(executable);
    ToLongFunction<Truth> value = mode.equals("-f") ? Truth::unfreedBytes : Truth::allBytes;
    try (TracedProgram program =
            TracedProgram.start(Map.of(), java.util.List.of(executable.toString(), "-P"));
        Memstacks memstacks = Memstacks.attach(mode, "-p", "" + program.pid())) {
      program.begin();
      Map<String, Truth> truth = program.truth();
      Result result = memstacks.stop();

      assertThat(result.total())
          .as("it has no names, but every byte")
          .isEqualTo(truth.values().stream().mapToLong(value).sum());
    }
  }

  @Test
  void aStaticExecutableWithoutSymbolsIsRefused() throws IOException {
    Path executable = directory.resolve("groundtruth-static");
    Files.copy(TracedProgram.build("groundtruth-static"), executable);
    strip(executable);
    try (TracedProgram program =
            TracedProgram.start(Map.of(), java.util.List.of(executable.toString()));
        Memstacks memstacks = Memstacks.start("-f", "-p", "" + program.pid(), "5")) {
      Result result = memstacks.result();

      assertThat(result.exit()).isEqualTo(1);
      assertThat(result.errors())
          .isEqualTo(
              "memstacks: no object of process %d (groundtruth-sta) defines malloc: it may be linked statically and stripped, or not use malloc at all\n"
                  .formatted(program.pid()));
    }
  }

  private static void strip(Path object) throws IOException {
    Process strip = new ProcessBuilder("strip", object.toString()).inheritIO().start();
    assertThat(strip.onExit().join().exitValue()).isZero();
  }

  private static String refusal(Map<String, String> environment) throws IOException {
    try (TracedProgram program = TracedProgram.start(environment, "groundtruth");
        Memstacks memstacks = Memstacks.start("-f", "-p", "" + program.pid(), "5")) {
      Result result = memstacks.result();
      assertThat(result.exit()).isEqualTo(1);
      assertThat(result.lines()).isEmpty();
      return result.errors();
    }
  }

  private static void assertExact(Map<String, String> environment, Path library)
      throws IOException {
    for (String mode : new String[] {"-f", "-af"}) {
      try (TracedProgram program =
          TracedProgram.start(environment, "groundtruth", "-n", "200000")) {
        assertExact(
            program, mode, mode.equals("-f") ? Truth::unfreedBytes : Truth::allBytes, library);
      }
    }
  }

  private static void assertExact(
      TracedProgram program, String mode, ToLongFunction<Truth> value, Path library)
      throws IOException {
    try (Memstacks memstacks = Memstacks.attach(mode, "-v", "-p", "" + program.pid())) {
      program.begin();
      Map<String, Truth> truth = program.truth();
      Result result = memstacks.stop();

      assertThat(result.errors()).contains("malloc in " + library);
      Map<String, Long> seen = new TreeMap<>(result.byCaller());
      seen.values().removeIf(bytes -> bytes == 0);
      assertThat(seen).isEqualTo(TracedProgram.nonZero(truth, value));
      assertThat(result.exit()).isZero();
    }
  }
}
