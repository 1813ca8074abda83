package org.memstacks.live;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.memstacks.live.Memstacks.Result;
import org.memstacks.live.Memstacks.Sum;
import org.memstacks.live.TracedProgram.Truth;

/**
 * With {@code --mmap}, memory that a program maps by itself is accounted to the byte, in the words
 * of a program that maps, moves and unmaps in every way, on several threads; what its allocator
 * maps is not counted beside the blocks that lie in it.
 */
@LiveKernel
@Execution(ExecutionMode.CONCURRENT)
class MappingsTest {
  private static final String LIBRARIES = "/usr/lib/x86_64-linux-gnu/";
  private static final String MAKE_THREAD = "make_thread";

  @EachAttachWay
  void whatEachFunctionHasMappedIsExact(String attach) throws IOException {
    try (TracedProgram program = TracedProgram.start("mappings")) {
      assertExact(program, "--attach=" + attach);
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "libjemalloc.so.2",
        "libtcmalloc.so.4",
        "libtcmalloc_minimal.so.4",
        "libmimalloc.so.2"
      })
  void whatAnotherAllocatorMapsIsNotCounted(String library) throws IOException {
    Path path = Path.of(LIBRARIES + library);
    Assumptions.assumeTrue(Files.exists(path), library + " is not installed");
    try (TracedProgram program =
        TracedProgram.start(Map.of("LD_PRELOAD", path.toString()), "mappings", "-s", "2")) {
      assertExact(program, "--debug");
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"mappings-static", "mappings-musl", "mappings-jemalloc"})
  void whatAnAllocatorMapsThatIsLinkedInIsNotCounted(String name) throws IOException {
    try (TracedProgram program = TracedProgram.start(name, "-s", "3")) {
      assertExact(program, "--debug");
    }
  }

  @Test
  void mappingsAreCountedByThePieceAndNamedAsSuch() throws IOException {
    try (TracedProgram program = TracedProgram.start("mappings", "-s", "4");
        Memstacks memstacks = Memstacks.attach("--mmap", "-p", "" + program.pid())) {
      program.begin();
      Map<String, Truth> truth = program.truth();
      Result result = memstacks.stop();

      Map<String, Sum> table = result.tableByCaller();
      truth.forEach((function, t) -> {
        if (t.unfreedBlocks() > 0 && !function.equals(MAKE_THREAD)) {
          assertThat(table).containsEntry(function, new Sum(t.unfreedBytes(), t.unfreedBlocks()));
        }
      });
      assertThat(result.lines())
          .contains(
              "53,248 bytes in 2 mappings (52.0 KiB)", "42,991,616 bytes in 2 blocks (41.0 MiB)");
      assertThat(result.exit()).as(result.errors()).isZero();
    }
  }

  @Test
  void withoutTheOptionNothingIsProbedButTheAllocator() throws IOException {
    try (TracedProgram program = TracedProgram.start("mappings", "-s", "5");
        Memstacks memstacks = Memstacks.attach("-f", "-v", "-p", "" + program.pid())) {
      program.begin();
      program.truth();
      Result result = memstacks.stop();

      assertThat(result.errors()).doesNotContain("munmap in ").doesNotContain("mappings");
      assertThat(result.lines()).noneMatch(line -> line.contains("map_keep"));
    }
  }

  @Test
  void smallMappingsAndYoungOnesCanBeLeftOut() throws IOException {
    try (TracedProgram program = TracedProgram.start("mappings", "-s", "6");
        Memstacks memstacks =
            Memstacks.attach("-f", "--mmap", "--min-size", "40000", "-p", "" + program.pid())) {
      program.begin();
      Map<String, Truth> truth = program.truth();
      Result result = memstacks.stop();

      assertThat(byFunction(result, truth))
          .as("two mappings of 10 and 3 pages")
          .containsEntry("map_keep", 40960L)
          .doesNotContainKey("map_file");
    }
  }

  @Test
  void withAProgramItsMappingsGo() throws IOException {
    try (TracedProgram program = TracedProgram.start("mappings", "-x");
        Memstacks memstacks = Memstacks.attach("-f", "-v", "--mmap", "-p", "" + program.pid())) {
      program.begin();
      memstacks.awaitSaid("memstacks: the process became another program");
      program.begin();
      Map<String, Truth> truth = program.truth();
      Result result = memstacks.stop();

      assertThat(byFunction(result, truth).get("map_keep"))
          .as(result.errors())
          .isEqualTo(truth.get("map_keep").unfreedBytes());
      assertThat(result.exit()).as(result.errors()).isZero();
    }
  }

  @Test
  void whatIsMappedPastTheCLibraryIsSaidToBeMissing() throws IOException {
    try (TracedProgram program = TracedProgram.start("mappings", "-r");
        Memstacks memstacks = Memstacks.attach("-f", "--mmap", "-p", "" + program.pid())) {
      program.begin();
      program.truth();
      Result result = memstacks.stop();

      assertThat(result.exit()).isEqualTo(3);
      assertThat(result.errors())
          .contains(
              "incomplete: 4.0 MiB of address space was mapped in the window by no call that was seen");
    }
  }

  /** More than the ring holds, while nobody reads it. */
  @Test
  void callsThatComeTooFastAreCountedAsLost() throws IOException {
    try (TracedProgram program = TracedProgram.start("mappings", "-b", "120000");
        Memstacks memstacks = Memstacks.attach("-f", "--mmap", "-p", "" + program.pid())) {
      Signals.send(memstacks.pid(), "STOP");
      program.begin();
      program.truth();
      Signals.send(memstacks.pid(), "CONT");
      Result result = memstacks.stop();

      assertThat(result.exit()).isEqualTo(3);
      assertThat(result.errors())
          .containsPattern(
              "incomplete: [0-9,]+ of 240,0[0-9]{2} calls that map and unmap memory came faster");
    }
  }

  private static void assertExact(TracedProgram program, String option) throws IOException {
    try (Memstacks memstacks =
        Memstacks.attach("-f", "-v", "--mmap", option, "-p", "" + program.pid())) {
      program.begin();
      Map<String, Truth> truth = program.truth();
      Result result = memstacks.stop();

      Map<String, Long> told = TracedProgram.nonZero(truth, Truth::unfreedBytes);
      assertThat(told).hasSizeGreaterThan(20);
      assertThat(byFunction(result, truth)).as(result.errors()).isEqualTo(told);
      assertThat(result.exit()).as(result.errors()).isZero();
    }
  }

  /**
   * Values by the innermost function that the program tells of, others under "elsewhere". What is
   * allocated for a thread that is made is not the matter, and neither is the thread where its size
   * is not known.
   */
  private static Map<String, Long> byFunction(Result result, Map<String, Truth> truth) {
    Map<String, Long> sums = new TreeMap<>();
    for (String line : result.lines()) {
      List<String> frames = List.of(Result.stack(line).split(";"));
      boolean made = frames.contains(MAKE_THREAD) || frames.contains("pthread_create");
      if (!made || truth.containsKey(MAKE_THREAD) && frames.getLast().equals("mmap")) {
        String function =
            frames.reversed().stream().filter(truth::containsKey).findFirst().orElse("elsewhere");
        sums.merge(function, Result.value(line), Long::sum);
      }
    }
    return sums;
  }
}
