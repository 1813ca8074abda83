package org.memstacks.live;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.ToLongFunction;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.memstacks.live.Memstacks.Result;
import org.memstacks.live.TracedProgram.Truth;

/** A program's own memory functions, named by its user, beside those they call. */
@LiveKernel
@Execution(ExecutionMode.CONCURRENT)
class PoolFunctionsTest {
  private static final String PAIR = "alloc=pool_get:2 free=pool_put:2";

  @EachAttachWay(with = {"-f", "-af"})
  void callsOfOwnFunctionsCountOnce(String mode, String attach) throws IOException {
    ToLongFunction<Truth> value = mode.equals("-f") ? Truth::unfreedBytes : Truth::allBytes;
    try (TracedProgram program = TracedProgram.start("pool");
        Memstacks memstacks =
            Memstacks.attach(
                mode,
                "--attach=" + attach,
                "--pair",
                PAIR,
                "--prefix",
                "my_",
                "-p",
                "" + program.pid())) {
      program.begin();
      Map<String, Truth> truth = program.truth();
      Result result = memstacks.stop();

      assertThat(result.byCaller())
          .as("what they take from malloc is not counted again")
          .isEqualTo(TracedProgram.nonZero(truth, value));
      assertThat(leaves(result)).containsOnly("pool_get", "my_malloc", "my_calloc", "my_realloc");
      assertThat(result.exit()).isZero();
    }
  }

  @EachAttachWay
  void exceptionsThatLeaveOwnFunctionsDoNoHarm(String attach) throws IOException {
    try (TracedProgram program = TracedProgram.start("cxxpool");
        Memstacks memstacks =
            Memstacks.attach(
                "-f",
                "--attach=" + attach,
                "--pair",
                "alloc=_ZN3app4Pool3getEm:2 free=_ZN3app4Pool3putEPv:2",
                "-p",
                "" + program.pid())) {
      program.begin();
      Map<String, Truth> truth = program.truth();
      Result result = memstacks.stop();

      assertThat(result.below("take(unsigned long)"))
          .as("what was thrown is no block")
          .isEqualTo(truth.get("take(unsigned long)").unfreedBytes());
      assertThat(result.exit()).as(result.errors()).isZero();
      assertThat(program.end()).as("it caught every exception").isZero();
    }
  }

  private static final String NARROW = "calloc=narrow_calloc:1:2 free=narrow_put:1";
  private static final String NARROW_TOO =
      "alloc=narrow_get:2 realloc=narrow_resize:1:2 free=narrow_put:1";

  private static final String LARGE = "alloc=narrow_reserve:1 free=narrow_release:1";

  @EachAttachWay(with = {"-f", "-af"})
  void sizesAreAsWideAsDebugInformationSays(String mode, String attach) throws IOException {
    ToLongFunction<Truth> value = mode.equals("-f") ? Truth::unfreedBytes : Truth::allBytes;
    try (TracedProgram program = TracedProgram.start("narrow");
        Memstacks memstacks = attach(program, mode, attach, NARROW, NARROW_TOO, LARGE)) {
      program.begin();
      Map<String, Truth> truth = program.truth();
      Result result = memstacks.stop();

      assertThat(result.byCaller()).isEqualTo(TracedProgram.nonZero(truth, value));
      assertThat(result.errors()).contains("; its size has 16 bits; its count has 32 bits)");
      assertThat(result.exit()).as(result.errors()).isZero();
    }
  }

  @Test
  void sizesAreAsWideAsTheUserSays() throws IOException {
    try (TracedProgram program = TracedProgram.start("narrow-plain");
        Memstacks memstacks =
            attach(
                program,
                "-f",
                "session",
                "calloc=narrow_calloc:1/32:2/16 free=narrow_put:1",
                "alloc=narrow_get:2/32 realloc=narrow_resize:1:2/32 free=narrow_put:1",
                LARGE)) {
      program.begin();
      Map<String, Truth> truth = program.truth();
      Result result = memstacks.stop();

      assertThat(result.byCaller()).isEqualTo(TracedProgram.nonZero(truth, Truth::unfreedBytes));
      assertThat(result.exit()).as(result.errors()).isZero();
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"-f", "-af"})
  void sizesThatCannotBeAreSaidToLookWrong(String mode) throws IOException {
    Result result = traced("narrow-plain", mode, NARROW, NARROW_TOO, LARGE);
    assertThat(result.errors())
        .containsPattern(
            "incomplete: narrow_get: one block has 5.6 TiB, and no more than 9.3 GiB was mapped: the size looks wrong,")
        .contains("type --pair 'alloc=narrow_get:2/32 ...'")
        .doesNotContain("narrow_reserve: one block")
        .contains("type --pair 'calloc=narrow_calloc:1/32:2/32 ...'")
        .contains("type --pair 'realloc=narrow_resize:1:2/32 ...'");
    assertThat(result.exit()).isEqualTo(3);
  }

  @Test
  void functionsThatAreNotCalledAreSaid() throws IOException {
    Result result = traced("narrow", "-f", "alloc=narrow_get:2 free=narrow_drop:1");
    assertThat(result.errors())
        .contains("no call of narrow_drop was seen: not called in the window, or the compiler")
        .doesNotContain("narrow_get was seen");
    assertThat(result.exit()).as(result.errors()).isZero();
  }

  @Test
  void anAllocatorThatIsNotCalledMakesTheOutputIncomplete() throws IOException {
    Result result = traced("narrow", "-f", "alloc=narrow_spare:1 free=narrow_put:1");
    assertThat(result.errors())
        .contains(
            "incomplete: no call of narrow_spare was seen, and the process allocated meanwhile:");
    assertThat(result.exit()).isEqualTo(3);
  }

  /** What is said of all that a program does. */
  private static Result traced(String name, String mode, String... pairs) throws IOException {
    try (TracedProgram program = TracedProgram.start(name);
        Memstacks memstacks = attach(program, mode, "session", pairs)) {
      program.begin();
      program.truth();
      return memstacks.stop();
    }
  }

  private static Memstacks attach(
      TracedProgram program, String mode, String attach, String... pairs) throws IOException {
    List<String> arguments = new ArrayList<>(List.of(mode, "-v", "--attach=" + attach));
    for (String pair : pairs) {
      arguments.addAll(List.of("--pair", pair));
    }
    arguments.addAll(List.of("-p", "" + program.pid()));
    return Memstacks.attach(arguments.toArray(String[]::new));
  }

  /** By exceptions, longjmp and pthread_exit, or for another stack until later. */
  @EachAttachWay
  void ownFunctionsMayBeLeftInAnyWay(String attach) throws IOException {
    try (TracedProgram program = TracedProgram.start("leaver");
        Memstacks memstacks =
            Memstacks.attach(
                "-f",
                "--attach=" + attach,
                "--pair",
                "alloc=pool_get:1 free=pool_put:1",
                "--prefix",
                "my_",
                "-p",
                "" + program.pid())) {
      program.begin();
      Map<String, Truth> truth = program.truth();
      Result result = memstacks.stop();

      assertThat(result.byCaller())
          .containsAllEntriesOf(TracedProgram.nonZero(truth, Truth::unfreedBytes))
          .doesNotContainKeys("throwing()", "jumping()", "ending(void*)");
      assertThat(result.exit()).as(result.errors()).isZero();
      assertThat(program.end()).as("every destructor ran").isZero();
    }
  }

  /**
   * pool's functions call nothing but malloc and its like; leaver's call whatever they are told to.
   */
  @ParameterizedTest
  @CsvSource({"pool, false", "leaver, true"})
  void onlyWhatCannotBeLeftHasReturnProbes(String name, boolean mayBeLeft) throws IOException {
    try (TracedProgram program = TracedProgram.start(name);
        Memstacks memstacks =
            Memstacks.start("-fv", "--prefix", "my_", "-p", "" + program.pid(), "1")) {
      Result result = memstacks.result();

      assertThat(result.errors().lines().filter(line -> line.contains("my_malloc in ")))
          .hasSize(1)
          .allMatch(line -> line.contains("may be left without a return") == mayBeLeft);
    }
  }

  private static Stream<String> leaves(Result result) {
    return result.lines().stream()
        .map(Result::stack)
        .map(stack -> stack.substring(stack.lastIndexOf(';') + 1))
        .distinct();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "--pair   | alloc=pool_take:1 free=pool_put:2 | pool_take, which --pair names",
        "--pair   | alloc=pool_get:1 free=pool_gone:2 | pool_gone, which --pair names",
        "--prefix | your_                             | your_malloc, which --prefix your_ asks for"
      })
  void functionsThatAreNotThereAreNamed(String option, String value, String missing)
      throws IOException {
    try (TracedProgram program = TracedProgram.start("pool");
        Memstacks memstacks = Memstacks.start("-f", option, value, "-p", "" + program.pid(), "5")) {
      Result result = memstacks.result();

      assertThat(result.exit()).isEqualTo(1);
      assertThat(result.errors())
          .isEqualTo(
              "memstacks: no object of process %d (pool) defines %s\n"
                  .formatted(program.pid(), missing));
      assertThat(result.lines()).isEqualTo(List.of());
    }
  }
}
