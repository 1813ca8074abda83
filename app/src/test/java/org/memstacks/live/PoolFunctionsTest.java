package org.memstacks.live;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.function.ToLongFunction;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.memstacks.live.Memstacks.Result;
import org.memstacks.live.TracedProgram.Truth;

/** A program's own memory functions, named by its user, beside those they call. */
@LiveKernel
class PoolFunctionsTest {
  private static final String PAIR = "alloc=pool_get:2 free=pool_put:2";

  @ParameterizedTest
  @CsvSource({"-f, session", "-f, multi", "-f, perf", "-af, session", "-af, multi", "-af, perf"})
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

  @ParameterizedTest
  @ValueSource(strings = {"session", "multi", "perf"})
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

  /** By exceptions, longjmp and pthread_exit, or for another stack until later. */
  @ParameterizedTest
  @ValueSource(strings = {"session", "multi", "perf"})
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
