package org.memstacks.bpf;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.memstacks.bpf.UprobeMulti.Side;
import org.memstacks.live.LiveKernel;

/** What libbpf and the kernel answer, errors above all: each names the call and its arguments. */
@LiveKernel
@Timeout(30)
class BpfObjectTest {
  private static final int PID = (int) ProcessHandle.current().pid();
  private static final Path EXECUTABLE = Path.of("/proc/self/exe");

  @Test
  void aMapThatIsMissingIsNamed() {
    try (BpfObject object = BpfObject.open("memstacks")) {
      assertThatThrownBy(() -> object.map("nowhere"))
          .isInstanceOf(BpfException.class)
          .hasMessage(
              "bpf_object__find_map_by_name(memstacks, nowhere): ENOENT (no such file, map or program)");
    }
  }

  @Test
  void aProgramThatIsMissingIsNamed() {
    try (BpfObject object = BpfObject.open("memstacks")) {
      assertThatThrownBy(() -> object.program("nowhere"))
          .isInstanceOf(BpfException.class)
          .hasMessageStartingWith("bpf_object__find_program_by_name(memstacks, nowhere): ENOENT");
    }
  }

  @Test
  void anObjectThatIsMissingIsABrokenBuild() {
    assertThatThrownBy(() -> BpfObject.open("nowhere"))
        .isInstanceOf(IllegalStateException.class)
        .hasMessage("the jar lacks nowhere.bpf.o: it was built without its BPF programs");
  }

  @Test
  void aRefusedProgramComesWithTheVerifiersLog() {
    try (BpfObject object = BpfObject.open("memstacks")) {
      // Without the attach type of sessions the kernel does not let it call the session's
      // functions.
      only(object, "allocation_session");
      assertThatExceptionOfType(BpfException.class)
          .isThrownBy(object::load)
          .satisfies(e -> {
            assertThat(e).hasMessageStartingWith("bpf_object__load(memstacks): E");
            assertThat(e.errno()).isPositive();
            assertThat(e.log()).contains("allocation_session", "bpf_session_");
          });
    }
  }

  @Test
  void aProgramThatWasNotLoadedHasNoDescriptor() {
    try (BpfObject object = BpfObject.open("memstacks")) {
      assertThatThrownBy(() -> object.program("free_entry").fd())
          .isInstanceOf(BpfException.class)
          .hasMessageStartingWith("bpf_program__fd(free_entry): ");
    }
  }

  @Test
  void programsLoadedLaterUseTheMapsThatAreThere() {
    try (Arena arena = Arena.ofConfined();
        BpfObject object = loaded("free_entry");
        BpfObject later = BpfObject.open("memstacks")) {
      only(later, "return_instruction");
      later.shareMapsOf(object);
      later.load();

      assertThat(later.program("return_instruction").fd()).isPositive();
      for (String map : List.of("stats_rows", ".data.control", ".data.bodies")) {
        object.map(map).mapped(arena).set(ValueLayout.JAVA_LONG, 0, 7);
        assertThat(later.map(map).mapped(arena).get(ValueLayout.JAVA_LONG, 0)).as(map).isEqualTo(7);
      }
    }
  }

  @Test
  void sizesCannotBeChangedAfterLoad() {
    try (BpfObject object = loaded("free_entry")) {
      assertThatThrownBy(() -> object.map("live_overflow").setMaxEntries(7))
          .isInstanceOf(BpfException.class)
          .hasMessage("bpf_map__set_max_entries(live_overflow): EBUSY (resource busy)");
    }
  }

  @Test
  void onlyMapsOfSectionsHaveAnInitialValue() {
    try (BpfObject object = BpfObject.open("memstacks")) {
      assertThat(object.map(".rodata.config").initialValue().byteSize()).isPositive();
      assertThatThrownBy(() -> object.map("live_overflow").initialValue())
          .isInstanceOf(BpfException.class)
          .hasMessageStartingWith("bpf_map__initial_value(live_overflow): ");
    }
  }

  @Test
  void onlyArraysCanBeMapped() {
    try (BpfObject object = loaded("free_entry");
        Arena arena = Arena.ofConfined()) {
      assertThatThrownBy(() -> object.map("live_overflow").mapped(arena))
          .isInstanceOf(BpfException.class)
          .hasMessageStartingWith("mmap(map live_overflow, ");
    }
  }

  @Test
  void aMappedArrayIsSharedWithTheKernel() {
    try (BpfObject object = loaded("free_entry");
        Arena one = Arena.ofConfined();
        Arena other = Arena.ofConfined()) {
      MemorySegment written = object.map(".data.control").mapped(one);
      MemorySegment read = object.map(".data.control").mapped(other);
      assertThat(written.address()).isNotEqualTo(read.address());
      written.set(ValueLayout.JAVA_INT, 0, 1234);
      assertThat(read.get(ValueLayout.JAVA_INT, 0)).isEqualTo(1234);
    }
  }

  @Test
  void anEmptyHashHasNoEntries() {
    try (BpfObject object = loaded("free_entry")) {
      object
          .map("live_overflow")
          .forEach((key, value) -> {
            throw new AssertionError("an entry nobody made");
          });
    }
  }

  @Test
  void aPlaceThatCannotBeProbedIsNamed() {
    try (BpfObject object = loaded("free_entry")) {
      BpfProgram program = object.program("free_entry");
      ProbePoint point = new ProbePoint(0x40, 0);
      assertThatExceptionOfType(BpfException.class)
          .isThrownBy(() -> program.attachUprobe(PID, Path.of("/nowhere.so"), point, false))
          .satisfies(e -> assertThat(e.errno()).isEqualTo(Errno.ENOENT))
          .withMessageContaining("(free_entry, pid " + PID + ", /nowhere.so+0x40): ENOENT");
      assertThatExceptionOfType(BpfException.class)
          .isThrownBy(() ->
              UprobeMulti.attach(program, PID, Path.of("/nowhere.so"), List.of(point), Side.ENTRY))
          .withMessageContaining("free_entry, pid " + PID + ", /nowhere.so, 1 points)");
    }
  }

  @Test
  void theProcessMustExist() {
    try (BpfObject object = loaded("free_entry")) {
      BpfProgram program = object.program("free_entry");
      ProbePoint point = new ProbePoint(0x40, 0);
      assertThatExceptionOfType(BpfException.class)
          .isThrownBy(() -> program.attachUprobe(Integer.MAX_VALUE, EXECUTABLE, point, false))
          .satisfies(e -> assertThat(e.errno()).isEqualTo(Errno.ESRCH));
    }
  }

  @Test
  void closingTwiceIsHarmless() {
    BpfObject object = BpfObject.open("memstacks");
    object.close();
    object.close();
  }

  @Test
  void saysWithWhomItSpeaks() {
    assertThat(BpfObject.libbpfVersion()).matches("v[1-9][0-9]*\\.[0-9]+.*");
    assertThat(BpfObject.possibleCpus())
        .isGreaterThanOrEqualTo(Runtime.getRuntime().availableProcessors());
  }

  @Test
  void errnosAreNamedOnceEach() {
    Set<String> names =
        IntStream.of(1, 2, 3, 7, 9, 11, 12, 13, 16, 22, 28, 95)
            .mapToObj(Errno::describe)
            .collect(Collectors.toSet());
    assertThat(names).hasSize(12).allMatch(name -> name.matches("E[A-Z0-9]+ \\(.*\\)"));
    assertThat(Errno.describe(133)).isEqualTo("errno 133");
  }

  private static BpfObject loaded(String program) {
    BpfObject object = BpfObject.open("memstacks");
    only(object, program);
    object.load();
    return object;
  }

  /** Leaves all programs out but this one. */
  private static void only(BpfObject object, String program) {
    for (String name :
        List.of(
            "allocation_session",
            "allocation_entry",
            "allocation_return",
            "free_entry",
            "request_entry")) {
      object.program(name).setAutoload(name.equals(program));
    }
  }
}
