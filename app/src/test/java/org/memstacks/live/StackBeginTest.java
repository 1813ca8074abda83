package org.memstacks.live;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.memstacks.live.Memstacks.Result;
import org.memstacks.live.TracedProgram.Truth;

/** Stacks are complete where they lead to the program's or the thread's begin, and only there. */
@LiveKernel
class StackBeginTest {
  private static final Path MUSL = Path.of("/usr/bin/musl-gcc");
  private static final String BROKEN_OFF = "[truncated: gap in unwind information]";

  /** musl has no unwind information, as Debian builds it. */
  @ParameterizedTest
  @ValueSource(strings = {"callers-musl", "callers-musl-static"})
  void aFunctionOfMuslIsNotTakenForTheBegin(String name) throws IOException {
    assumeTrue(Files.exists(MUSL), MUSL + " is not installed");
    try (TracedProgram program = TracedProgram.start(name);
        Memstacks memstacks = Memstacks.attach("-f", "-p", "" + program.pid())) {
      program.begin();
      Map<String, Truth> truth = program.truth();
      Result result = memstacks.stop();

      // main and thread_main call keep_own, their callers begin the program and the thread.
      List<String> own = with(result, line -> line.contains(";keep_own;malloc "));
      assertThat(own).hasSize(2).noneMatch(line -> line.contains("[truncated"));
      assertThat(own).anyMatch(line -> line.contains(";main;keep_own;"));
      assertThat(own).anyMatch(line -> line.contains(";thread_main;keep_own;"));
      assertThat(bytes(own)).isEqualTo(truth.get("keep_own").unfreedBytes());

      // Who called strdup and qsort is not known.
      List<String> copied = with(result, line -> line.contains(";strdup;malloc "));
      assertThat(copied).isNotEmpty().allMatch(line -> line.contains(BROKEN_OFF + ";strdup;"));
      assertThat(bytes(copied)).isEqualTo(truth.get("keep_copy").unfreedBytes());
      List<String> compared = with(result, line -> line.contains(";keep_compared;malloc "));
      assertThat(compared).isNotEmpty().allMatch(line -> line.contains(BROKEN_OFF + ";"));
      assertThat(bytes(compared)).isEqualTo(truth.get("keep_compared").unfreedBytes());

      assertThat(with(result, line -> true)).hasSize(own.size() + copied.size() + compared.size());
      assertThat(result.errors()).contains("are in stacks that break off: gap in unwind");
      assertThat(result.exit()).as(result.errors()).isEqualTo(3);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"callers", "callers-static"})
  void withUnwindInformationEveryCallerIsThere(String name) throws IOException {
    try (TracedProgram program = TracedProgram.start(name);
        Memstacks memstacks = Memstacks.attach("-f", "-p", "" + program.pid())) {
      program.begin();
      Map<String, Truth> truth = program.truth();
      Result result = memstacks.stop();

      truth.forEach((function, t) ->
          assertThat(result.below(function)).as(function).isEqualTo(t.unfreedBytes()));
      assertThat(result.lines()).noneMatch(line -> line.contains("[truncated"));
      assertThat(with(result, line -> line.contains(";strdup;")))
          .allMatch(line -> line.matches(".*;(main|thread_main);keep_copy;.*"));
      assertThat(result.exit()).as(result.errors()).isZero();
    }
  }

  private static List<String> with(Result result, Predicate<String> wanted) {
    return result.lines().stream().filter(wanted).toList();
  }

  private static long bytes(List<String> lines) {
    return lines.stream().mapToLong(l -> Long.parseLong(l.substring(l.lastIndexOf(' ') + 1))).sum();
  }
}
