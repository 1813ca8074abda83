package org.memstacks.live;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.FieldSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.memstacks.live.Memstacks.Result;
import org.memstacks.live.Memstacks.Sum;

/**
 * The chosen sites against a program that counts its own calls, and looks after each of them
 * whether registers, stack and result are as they should be.
 */
@LiveKernel
class SiteAuditTest {
  private static final String ITERATIONS = "4000";

  @ParameterizedTest
  @ValueSource(strings = {"session", "multi", "perf"})
  void probesLeaveTheCanarySoundAndSeeEveryCall(String attach) throws IOException {
    try (TracedProgram canary = TracedProgram.start("canary", "-w", ITERATIONS, "2");
        Memstacks memstacks =
            Memstacks.attach("-v", "--attach=" + attach, "-p", "" + canary.pid())) {
      canary.begin();
      String said = canary.line();
      assertThat(canary.exit()).as(said).isZero();
      assertThat(said).startsWith("canary sound: ");
      Map<String, Long> calls = calls(said);
      Result result = memstacks.result();

      // At a thread's end the C library hands its cache, at most 7 blocks of 64 sizes, to free once
      // more.
      assertThat(
              result.counter("FREED_BLOCKS")
                  - result.counter("MOVED_BLOCKS")
                  + result.counter("UNKNOWN_FREES"))
          .isBetween(calls.get("free"), calls.get("free") + 2 * (7 * 64) + 8);
      assertEveryReturnSeen(result);
      assertThat(result.counter("ALLOCATIONS"))
          .as("one for each call that succeeded")
          .isBetween(succeeded(calls), succeeded(calls) + 8);
      assertThat(result.counter("FAILED"))
          .as("calloc, posix_memalign and reallocarray each fail once in an iteration")
          .isBetween(calls.get("malloc"), 3 * calls.get("malloc"));
      assertThat(result.counter("FREED_BLOCKS"))
          .as("the canary frees whatever it allocates")
          .isBetween(succeeded(calls), succeeded(calls) + 8);
      assertThat(result.tableByCaller()).as("nothing is left").doesNotContainKey("canary_call");
    }
  }

  @ParameterizedTest
  @FieldSource("org.memstacks.live.AllocatorsTest#PRELOADED")
  void otherAllocatorsSitesSeeEveryCall(String name) throws IOException {
    assertEveryCallSeen(name, AttachWays.best());
  }

  @Tag("slow")
  @ParameterizedTest
  @FieldSource("org.memstacks.live.AllocatorsTest#PRELOADED")
  void theyDoHoweverProbesAreAttached(String name) throws IOException {
    assertEveryCallSeen(name, AttachWays.others());
  }

  private static void assertEveryReturnSeen(Result result) {
    assertThat(result.counter("ALLOCATIONS") + result.counter("UNRECORDED"))
        .isEqualTo(result.counter("REQUESTS"));
    assertThat(result.counter("ALLOCATED_BYTES") + result.counter("UNRECORDED_BYTES"))
        .isEqualTo(result.counter("REQUESTED_BYTES"));
  }

  private static void assertEveryCallSeen(String name, List<String> ways) throws IOException {
    Path library = Path.of("/usr/lib/x86_64-linux-gnu", name);
    Assumptions.assumeTrue(Files.exists(library), name + " is not installed");
    for (String attach : ways) {
      try (TracedProgram canary =
              TracedProgram.start(
                  Map.of("LD_PRELOAD", library.toString()), "canary", "-w", ITERATIONS, "2");
          Memstacks memstacks =
              Memstacks.attach("-v", "--attach=" + attach, "-p", "" + canary.pid())) {
        canary.begin();
        String said = canary.line();
        assertThat(canary.exit()).as(said).isZero();
        assertThat(said).startsWith("canary sound: ");
        Map<String, Long> calls = calls(said);
        Result result = memstacks.result();

        // reallocarray is not in each of them, and fails as the others do.
        long once = calls.get("malloc");
        long failures = (calls.get("reallocarray") == 0 ? 2 : 3) * once;
        long successes = succeeded(calls) + 3 * once - failures;
        assertEveryReturnSeen(result);
        // One that hands a failing call on to another may count it with that one.
        assertThat(result.counter("FAILED")).as(said).isBetween(failures, failures + once);
        assertThat(result.counter("ALLOCATIONS")).as(said).isBetween(successes, successes + 8);
        assertThat(result.counter("FREED_BLOCKS")).isBetween(successes, successes + 8);
        assertThat(result.exit()).as(result.errors()).isZero();
      }
    }
  }

  @Test
  void eachFunctionsSiteSeesItsCalls() throws IOException {
    try (TracedProgram canary = TracedProgram.start("canary", "-w", ITERATIONS, "2");
        Memstacks memstacks = Memstacks.attach("-a", "-p", "" + canary.pid())) {
      canary.begin();
      Map<String, Long> calls = calls(canary.line());
      assertThat(canary.exit()).isZero();
      long once = calls.get("malloc");
      Map<String, Long> seen = new HashMap<>();
      Map<String, Sum> table = memstacks.result().tableByLeafOf("canary_call");
      table.forEach((function, sum) -> seen.put(function, sum.blocks()));
      seen.remove("other");
      // One function under two names until glibc 2.38, two since.
      Long memalign = seen.remove("memalign");
      seen.merge("aligned_alloc", memalign == null ? 0 : memalign, Long::sum);

      // The C library's realloc(NULL) and memalign of small alignment go on to malloc, which is
      // where they
      // count, and reallocarray goes on to realloc; what overflows or has a bad alignment fails,
      // and is no
      // allocation.
      assertThat(seen)
          .containsOnly(
              Map.entry("malloc", once + once + once + once),
              Map.entry("calloc", calls.get("calloc") - once),
              Map.entry("realloc", once),
              Map.entry("posix_memalign", calls.get("posix_memalign") - once),
              Map.entry("aligned_alloc", calls.get("aligned_alloc") + once),
              Map.entry("valloc", calls.get("valloc")),
              Map.entry("pvalloc", calls.get("pvalloc")));
    }
  }

  /** In each iteration one calloc, one posix_memalign and one reallocarray fail. */
  private static long succeeded(Map<String, Long> calls) {
    long all = 0;
    for (Map.Entry<String, Long> entry : calls.entrySet()) {
      all += entry.getKey().startsWith("free") ? 0 : entry.getValue();
    }
    return all - 3 * calls.get("malloc");
  }

  /** Out of {@code canary sound: threads=2 iterations=4000 malloc=8000 ...}. */
  private static Map<String, Long> calls(String said) {
    Map<String, Long> calls = new HashMap<>();
    Matcher call = Pattern.compile("(\\w+)=(\\d+)").matcher(said);
    while (call.find()) {
      calls.put(call.group(1), Long.parseLong(call.group(2)));
    }
    calls.remove("threads");
    calls.remove("iterations");
    return calls;
  }
}
