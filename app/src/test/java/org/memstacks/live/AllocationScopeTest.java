package org.memstacks.live;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.memstacks.live.Memstacks.Result;
import org.memstacks.live.TracedProgram.Truth;

/** Which allocations count: those of one thread, or those of one allocator. */
@LiveKernel
@Execution(ExecutionMode.CONCURRENT)
class AllocationScopeTest {
  private static final String JEMALLOC = "/usr/lib/x86_64-linux-gnu/libjemalloc.so.2";

  @TempDir Path directory;

  @EachAttachWay
  void onlyAllocationsOfAThreadCountAndFreesOfAll(String attach) throws IOException {
    try (TracedProgram program = TracedProgram.start("givetake")) {
      int giver = thread(program.pid(), "giver");
      try (Memstacks memstacks = Memstacks.attach("-f", "--attach=" + attach, "-t", "" + giver)) {
        program.begin();
        Map<String, Truth> truth = program.truth();
        Result result = memstacks.stop();

        assertThat(result.byCaller()).isEqualTo(TracedProgram.nonZero(truth, Truth::unfreedBytes));
        assertThat(result.errors()).contains("attached to PID " + program.pid());
        assertThat(result.exit()).isZero();
      }
    }
  }

  @Test
  void onlyRequestsOfAThreadCount() throws IOException {
    try (TracedProgram program = TracedProgram.start("givetake")) {
      int giver = thread(program.pid(), "giver");
      try (Memstacks memstacks = Memstacks.attach("-af", "-t", "" + giver)) {
        program.begin();
        Map<String, Truth> truth = program.truth();

        assertThat(memstacks.stop().byCaller())
            .isEqualTo(TracedProgram.nonZero(truth, Truth::allBytes));
      }
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"c", "libc.so.6", "/lib/x86_64-linux-gnu/libc.so.6", "/proc/self/root/LIBC"})
  void theAllocatorsObjectCanBeNamed(String object) throws IOException {
    try (TracedProgram program = TracedProgram.start("threads");
        Memstacks memstacks =
            Memstacks.attach(
                "-f", "-O", object.replace("/LIBC", libc()), "-p", "" + program.pid())) {
      program.begin();
      Map<String, Truth> truth = program.truth();

      assertThat(memstacks.stop().byCaller())
          .containsAllEntriesOf(TracedProgram.nonZero(truth, Truth::unfreedBytes));
    }
  }

  @Test
  void anObjectWithoutAllocatorIsRefused() throws IOException {
    assertThat(refusal("ld-linux-x86-64.so.2"))
        .isEqualTo(
            "memstacks: ld-linux-x86-64.so.2 defines no malloc; leave -O out to search every object of process PID\n");
    assertThat(refusal("idle"))
        .isEqualTo(
            "memstacks: idle defines no malloc; leave -O out to search every object of process PID\n");
  }

  @Test
  void anObjectThatIsNotLoadedIsRefusedWithThoseThatAre() throws IOException {
    Path truncated = directory.resolve("libtruncated.so");
    try (var in = Files.newInputStream(Path.of(libc()))) {
      Files.write(truncated, in.readNBytes(1000));
    }
    for (String object : new String[] {"m", directory.toString(), truncated.toString()}) {
      assertThat(refusal(object))
          .isEqualTo(
              "memstacks: process PID (idle) has not loaded an object named "
                  + object
                  + (object.startsWith("/") && Files.isDirectory(Path.of(object))
                      ? " (a directory)"
                      : "")
                  + "; loaded are idle, libc.so.6, ld-linux-x86-64.so.2\n");
    }
  }

  @Test
  void theOtherAllocatorOfAProcessIsSilentAndThatIsSaid() throws IOException {
    Assumptions.assumeTrue(Files.exists(Path.of(JEMALLOC)), "libjemalloc2 is not installed");
    try (TracedProgram program =
            TracedProgram.start(Map.of("LD_PRELOAD", JEMALLOC), "groundtruth", "-P");
        Memstacks memstacks = Memstacks.attach("-f", "-O", "c", "-p", "" + program.pid())) {
      program.begin();
      program.truth();
      Result result = memstacks.stop();

      assertThat(result.lines()).isEmpty();
      assertThat(result.exit()).isEqualTo(3);
      assertThat(result.errors())
          .containsPattern(
              "memstacks: incomplete: no allocation and no free was seen, yet the process took [1-9]"
                  + ".* another allocator than the one -v shows");
    }
  }

  /** Copies of pages shared with children are faults as well. */
  @ParameterizedTest
  @ValueSource(strings = {"", "without waiting"})
  void aProcessThatForksAndAllocatesNothingIsNoAlarm(String how) throws IOException {
    String[] arguments = how.isEmpty() ? new String[0] : new String[] {how};
    try (TracedProgram program = TracedProgram.start("copier", arguments);
        Memstacks memstacks = Memstacks.attach("-f", "-p", "" + program.pid())) {
      program.begin();
      program.truth();
      Result result = memstacks.stop();

      assertThat(result.lines()).isEmpty();
      assertThat(result.errors())
          .containsPattern(
              "no allocation and no free was seen; the [0-9,]+ page faults .* children\n");
      assertThat(result.exit()).isZero();
    }
  }

  /** What is said when the object cannot be traced, the process's number replaced. */
  private static String refusal(String object) throws IOException {
    try (TracedProgram program = TracedProgram.start("idle");
        Memstacks memstacks = Memstacks.start("-O", object, "-p", "" + program.pid(), "5")) {
      Result result = memstacks.result();
      assertThat(result.exit()).isEqualTo(1);
      assertThat(result.lines()).isEmpty();
      return result.errors().replace("process " + program.pid(), "process PID");
    }
  }

  /** The thread of that name, by its number in our namespace. */
  static int thread(int pid, String name) throws IOException {
    Map<String, Integer> threads = new TreeMap<>();
    try (var tasks = Files.newDirectoryStream(Path.of("/proc/" + pid + "/task"))) {
      for (Path task : tasks) {
        threads.put(
            Files.readString(task.resolve("comm")).strip(),
            Integer.parseInt(task.getFileName().toString()));
      }
    }
    assertThat(threads).containsKey(name);
    return threads.get(name);
  }

  /** The C library as this process has it. */
  private static String libc() throws IOException {
    try (var maps = Files.lines(Path.of("/proc/self/maps"))) {
      return maps.filter(line -> line.endsWith("/libc.so.6"))
          .map(line -> line.substring(line.indexOf('/')))
          .findFirst()
          .orElseThrow();
    }
  }
}
