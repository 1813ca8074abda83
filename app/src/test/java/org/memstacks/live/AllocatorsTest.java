package org.memstacks.live;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.ToLongFunction;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.FieldSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.memstacks.live.Memstacks.Result;
import org.memstacks.live.TracedProgram.Truth;

/**
 * The program that knows the truth about its allocations, and one that calls every operator of C++,
 * on each allocator: preloaded, and linked in.
 */
@LiveKernel
@Execution(ExecutionMode.CONCURRENT)
class AllocatorsTest {
  private static final String LIBRARIES = "/usr/lib/x86_64-linux-gnu/";

  static final List<String> PRELOADED =
      List.of(
          "libjemalloc.so.2", "libtcmalloc_minimal.so.4", "libtcmalloc.so.4", "libmimalloc.so.2.0");

  @ParameterizedTest
  @FieldSource("PRELOADED")
  void bytesAreExactWithAnAllocatorThatWasPreloaded(String library) throws IOException {
    assertExactPreloaded(library, AttachWays.best());
  }

  @Tag("slow")
  @ParameterizedTest
  @FieldSource("PRELOADED")
  void theyAreHoweverProbesAreAttached(String library) throws IOException {
    assertExactPreloaded(library, AttachWays.others());
  }

  private static void assertExactPreloaded(String library, List<String> ways) throws IOException {
    Map<String, String> preload = preload(library);
    for (String attach : ways) {
      // pvalloc is not in each of them.
      Result unfreed =
          assertExact(
              "-f", attach, Truth::unfreedBytes, preload, "groundtruth", "-P", "-n", "10000");
      assertThat(unfreed.errors()).contains("malloc in " + LIBRARIES + library);
      assertExact("-af", attach, Truth::allBytes, preload, "groundtruth", "-P", "-n", "10000");
    }
  }

  @ParameterizedTest
  @CsvSource({
    "groundtruth-static, libc",
    "groundtruth-musl, musl",
    "groundtruth-musl-static, musl",
    "groundtruth-jemalloc, jemalloc",
    "groundtruth-jemalloc-static, jemalloc",
    "groundtruth-tcmalloc, tcmalloc_minimal",
    "groundtruth-tcmalloc-static, tcmalloc_minimal",
    "groundtruth-mimalloc, mimalloc",
    "groundtruth-mimalloc-static, mimalloc"
  })
  void bytesAreExactWithAnAllocatorThatIsLinkedIn(String program, String allocator)
      throws IOException {
    assumeBuildable(allocator);
    for (String attach : AttachWays.tested()) {
      assertExact("-f", attach, Truth::unfreedBytes, Map.of(), program, "-P", "-n", "50000");
    }
    assertExact(
        "-af",
        AttachWays.all().getFirst(),
        Truth::allBytes,
        Map.of(),
        program,
        "-P",
        "-n",
        "50000");
  }

  @ParameterizedTest
  @CsvSource({
    "libc.so.6,",
    "libjemalloc.so.2,",
    "libtcmalloc_minimal.so.4,",
    "libtcmalloc.so.4,",
    "libmimalloc.so.2.0, -T"
  })
  void operatorsOfCxxAreSeenAndTheirExceptionsPass(String library, String option)
      throws IOException {
    assertOperatorsExact(library, option, AttachWays.best());
  }

  @Tag("slow")
  @ParameterizedTest
  @CsvSource({
    "libc.so.6,",
    "libjemalloc.so.2,",
    "libtcmalloc_minimal.so.4,",
    "libtcmalloc.so.4,",
    "libmimalloc.so.2.0, -T"
  })
  void operatorsAreSeenHoweverProbesAreAttached(String library, String option) throws IOException {
    assertOperatorsExact(library, option, AttachWays.others());
  }

  private static void assertOperatorsExact(String library, String option, List<String> ways)
      throws IOException {
    String[] arguments = option == null ? new String[0] : new String[] {option};
    for (String attach : ways) {
      assertExact("-f", attach, Truth::unfreedBytes, preload(library), "operators", arguments);
      assertExact("-af", attach, Truth::allBytes, preload(library), "operators", arguments);
    }
  }

  @ParameterizedTest
  @CsvSource({
    "operators-static, libc,",
    "operators-jemalloc, jemalloc,",
    "operators-tcmalloc, tcmalloc_minimal,",
    "operators-mimalloc, mimalloc, -T"
  })
  void operatorsLinkedInAreSeenAndTheirExceptionsPass(
      String program, String allocator, String option) throws IOException {
    assumeBuildable(allocator);
    String way = AttachWays.all().getFirst();
    String[] arguments = option == null ? new String[0] : new String[] {option};
    assertExact("-f", way, Truth::unfreedBytes, Map.of(), program, arguments);
    assertExact("-af", way, Truth::allBytes, Map.of(), program, arguments);
  }

  @Test
  void severalAllocatorsOfAProcessAreSeen() throws IOException {
    assertSeveralExact(AttachWays.best());
  }

  @Tag("slow")
  @Test
  void severalAllocatorsAreSeenHoweverProbesAreAttached() throws IOException {
    assertSeveralExact(AttachWays.others());
  }

  @Test
  void thatAnAllocatorsOtherFunctionsAreCalledIsSaid() throws IOException {
    preload("libmimalloc.so.2.0");
    try (TracedProgram traced = TracedProgram.start("duplicates");
        Memstacks memstacks = Memstacks.attach("-f", "-p", "" + traced.pid())) {
      traced.begin();
      traced.truth();
      Result result = memstacks.stop();
      assertThat(result.errors())
          .contains("calls of mi_strdup of duplicates lead to libmimalloc.so.2.0");
      assertThat(result.exit()).isEqualTo(3);
    }
  }

  private static void assertSeveralExact(List<String> ways) throws IOException {
    for (String library :
        List.of("libmimalloc.so.2.0", "libjemalloc.so.2", "libtcmalloc_minimal.so.4")) {
      preload(library);
    }
    for (String attach : ways) {
      assertExact("-f", attach, Truth::unfreedBytes, Map.of(), "several");
      assertExact("-af", attach, Truth::allBytes, Map.of(), "several");
    }
  }

  /** Whatever else the program allocates, its rows are exact, and it ends as it does untraced. */
  private static Result assertExact(
      String mode,
      String attach,
      ToLongFunction<Truth> value,
      Map<String, String> environment,
      String program,
      String... arguments)
      throws IOException {
    try (TracedProgram traced = TracedProgram.start(environment, program, arguments);
        Memstacks memstacks =
            Memstacks.attach(mode, "-v", "--attach=" + attach, "-p", "" + traced.pid())) {
      traced.begin();
      Map<String, Truth> truth = traced.truth();
      Result result = memstacks.stop();
      String run = program + " " + environment + " " + mode + " " + attach;

      Map<String, Long> seen = new TreeMap<>();
      truth.keySet().forEach(function -> seen.put(function, result.below(function)));
      seen.values().removeIf(bytes -> bytes == 0);
      assertThat(seen).as(run).isEqualTo(TracedProgram.nonZero(truth, value));
      assertThat(result.exit()).as(run + result.errors()).isZero();
      assertThat(result.errors()).as(run).doesNotContain("being moved at the end");
      assertThat(traced.end()).as(run).isZero();
      return result;
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"-f", "-af"})
  void aStaticProgramMayHaveNoFree(String mode) throws IOException {
    assumeBuildable("musl");
    try (TracedProgram program = TracedProgram.start("lasting-musl-static");
        Memstacks memstacks = Memstacks.attach(mode, "-v", "-p", "" + program.pid())) {
      program.begin();
      Map<String, Truth> truth = program.truth();
      Result result = memstacks.stop();

      truth.forEach((function, t) ->
          assertThat(result.below(function)).as(function).isEqualTo(t.unfreedBytes()));
      assertThat(result.errors())
          .contains("no function frees: the program is linked statically without any");
      assertThat(result.exit()).as(result.errors()).isZero();
    }
  }

  private static Map<String, String> preload(String library) {
    Assumptions.assumeTrue(
        library.startsWith("libc.") || Files.exists(Path.of(LIBRARIES + library)),
        library + " is not installed");
    return library.startsWith("libc.") ? Map.of() : Map.of("LD_PRELOAD", LIBRARIES + library);
  }

  private static void assumeBuildable(String allocator) {
    List<Path> needed = new ArrayList<>();
    if (allocator.equals("musl")) {
      needed.add(Path.of("/usr/bin/musl-gcc"));
    } else if (allocator.equals("mimalloc")) {
      // No distribution has it: scripts/setup test makes it.
      needed.add(Path.of("/usr/local/lib/libmimalloc.a"));
    } else {
      needed.add(Path.of(LIBRARIES + "lib" + allocator.replaceFirst("^libc$", "c") + ".a"));
    }
    for (Path file : needed) {
      Assumptions.assumeTrue(Files.exists(file), file + " is not installed");
    }
  }
}
