package org.memstacks.live;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.ToLongFunction;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.memstacks.live.Memstacks.Result;
import org.memstacks.live.TracedProgram.Truth;

/**
 * Operators new and delete of a program's own, in an object without malloc: beside the process's
 * malloc they count where they hand out memory of their own, and not where they merely call it.
 */
@LiveKernel
@Execution(ExecutionMode.CONCURRENT)
class OwnOperatorsTest {
  private static final String NEW = "operator new(unsigned long)";

  /** Pools over mmap, over large blocks of malloc's, and ones that leave large blocks to malloc. */
  @ParameterizedTest
  @ValueSource(strings = {"pool", "chunks", "mixed"})
  void whatAPoolHandsOutIsExact(String kind) throws IOException {
    Map<String, String> preload = preload(kind);
    Result unfreed = assertExact("-f", Truth::unfreedBytes, preload, "operators");
    // Large blocks of the mixed one are what it jumps to malloc's kind for.
    assertThat(leaves(unfreed))
        .as("what it takes from malloc for itself is not counted")
        .contains(NEW)
        .filteredOn(leaf -> !leaf.startsWith("operator new"))
        .isSubsetOf(kind.equals("mixed") ? List.of("aligned_alloc") : List.of());
    assertThat(unfreed.errors())
        .contains("_Znwm in " + TracedProgram.build("ownnew-" + kind + ".so") + " at +0x")
        .contains("malloc in ");
    assertExact("-af", Truth::allBytes, preload, "operators");
  }

  @ParameterizedTest
  @ValueSource(strings = {"operators-pool", "operators-pool-hidden"})
  void soItIsInTheExecutableWhereverTheCxxLibraryIs(String program) throws IOException {
    assertExact("-f", Truth::unfreedBytes, Map.of(), program);
    assertExact("-af", Truth::allBytes, Map.of(), program);
  }

  @EachAttachWay
  void soItIsHoweverProbesAreAttached(String attach) throws IOException {
    assertExact("-f", Truth::unfreedBytes, Map.of(), "operators-pool", "--attach=" + attach);
  }

  /** The C++ library's other operators lead to the two; those of aligned blocks to malloc. */
  @Test
  void operatorsOfTheCxxLibraryLeadToOnesOwn() throws IOException {
    Result unfreed = assertExact("-f", Truth::unfreedBytes, preload("partial"), "operators");
    assertThat(leaves(unfreed)).containsExactlyInAnyOrder(NEW, "aligned_alloc");
    assertExact("-af", Truth::allBytes, preload("partial"), "operators");
  }

  @Test
  void operatorsThatMerelyCallMallocAreNotProbed() throws IOException {
    for (String mode : List.of("-f", "-af")) {
      ToLongFunction<Truth> value = mode.equals("-f") ? Truth::unfreedBytes : Truth::allBytes;
      Result preloaded = assertExact(mode, value, preload("counting"), "operators");
      Result linked = assertExact(mode, value, Map.of(), "operators-counting");
      for (Result result : List.of(preloaded, linked)) {
        assertThat(leaves(result)).isSubsetOf("malloc", "aligned_alloc");
        assertThat(result.errors())
            .containsPattern(
                "_Znwm in \\S+ is not probed: all its calls go on to aligned_alloc, malloc\n")
            .containsPattern("_ZdlPv in \\S+ is not probed: all its calls go on to free\n")
            .doesNotContainPattern("_Z[nd][wal]\\S* in \\S+ at \\+");
      }
    }
  }

  private static Map<String, String> preload(String kind) throws IOException {
    return Map.of("LD_PRELOAD", TracedProgram.build("ownnew-" + kind + ".so").toString());
  }

  private static Result assertExact(
      String mode,
      ToLongFunction<Truth> value,
      Map<String, String> environment,
      String name,
      String... options)
      throws IOException {
    try (TracedProgram program = TracedProgram.start(environment, name);
        Memstacks memstacks = attach(program, mode, options)) {
      program.begin();
      Map<String, Truth> truth = program.truth();
      Result result = memstacks.stop();

      Map<String, Long> seen = new HashMap<>();
      truth.keySet().forEach(function -> seen.put(function, result.below(function)));
      assertThat(seen).isEqualTo(TracedProgram.nonZero(truth, value));
      if (mode.equals("-f")) {
        long rows = seen.values().stream().mapToLong(Long::longValue).sum();
        assertThat(result.total()).as("nothing else is left").isEqualTo(rows);
      }
      assertThat(result.exit()).as(result.errors()).isZero();
      assertThat(program.end()).as("it caught every exception").isZero();
      return result;
    }
  }

  private static Memstacks attach(TracedProgram program, String mode, String... options)
      throws IOException {
    String[] fixed = {mode, "-v", "-p", "" + program.pid()};
    String[] all = new String[fixed.length + options.length];
    System.arraycopy(fixed, 0, all, 0, fixed.length);
    System.arraycopy(options, 0, all, fixed.length, options.length);
    return Memstacks.attach(all);
  }

  private static List<String> leaves(Result result) {
    return result.lines().stream()
        .map(line -> line.substring(line.lastIndexOf(';') + 1, line.lastIndexOf(' ')))
        .distinct()
        .toList();
  }
}
