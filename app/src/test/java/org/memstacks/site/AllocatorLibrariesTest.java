package org.memstacks.site;

import static java.util.stream.Collectors.toMap;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * The sites chosen in the allocators that Debian ships. What is expected of single instructions is
 * expected of Debian 12's builds; what holds of any build is asked of the libraries there are.
 */
@Tag("tools")
class AllocatorLibrariesTest {
  private static final String GLIBC = "/lib/x86_64-linux-gnu/libc.so.6";
  private static final String JEMALLOC = "/usr/lib/x86_64-linux-gnu/libjemalloc.so.2";
  private static final String TCMALLOC = "/usr/lib/x86_64-linux-gnu/libtcmalloc_minimal.so.4";
  private static final String TCMALLOC_FULL = "/usr/lib/x86_64-linux-gnu/libtcmalloc.so.4";
  private static final String MIMALLOC = "/usr/lib/x86_64-linux-gnu/libmimalloc.so.2.0";
  private static final String MUSL = "/lib/ld-musl-x86_64.so.1";

  private static final Map<String, ProbeRequest> REQUESTS = requests();

  private static Map<String, ProbeRequest> requests() {
    Map<String, ProbeRequest> requests = new TreeMap<>();
    List.of("malloc", "valloc", "pvalloc")
        .forEach(name -> requests.put(name, ProbeRequest.withReturn(1)));
    List.of("calloc", "realloc", "memalign", "aligned_alloc")
        .forEach(name -> requests.put(name, ProbeRequest.withReturn(2)));
    List.of("posix_memalign", "reallocarray")
        .forEach(name -> requests.put(name, ProbeRequest.withReturn(3)));
    requests.put("free", ProbeRequest.entryOnly(1).skippingNull());
    return requests;
  }

  /** One library, with the functions above that it has. */
  private record Library(ElfFixture elf, Map<String, ElfFixture.Symbol> functions) {
    static Library open(String path) {
      assumeTrue(Files.exists(Path.of(path)), path + " is not installed");
      ElfFixture elf = ElfFixture.read(Path.of(path));
      return new Library(elf, elf.functions());
    }

    /** The same, where it is the build that the expectations were taken from. */
    static Library pinned(String path) {
      assumeTrue(isDebian12(), "expectations are of Debian 12's builds");
      return open(path);
    }

    private static boolean isDebian12() {
      try {
        return Files.readString(Path.of("/etc/os-release")).contains("VERSION_CODENAME=bookworm");
      } catch (IOException e) {
        return false;
      }
    }

    FunctionProbe probe(String name, ProbeRequest request) {
      Map<Long, String> hooked =
          REQUESTS.keySet().stream()
              .filter(functions::containsKey)
              .collect(toMap(n -> functions.get(n).address(), Function.identity(), (a, b) -> a));
      Map<String, String> aliases =
          functions.values().stream()
              .filter(symbol -> hooked.containsKey(symbol.address()))
              .collect(toMap(ElfFixture.Symbol::name, symbol -> hooked.get(symbol.address())));
      ObjectCode object = new ObjectCode(elf::bytes, hooked, elf.slots(), aliases);
      return new SiteChooser(InstructionSet.X86_64, object)
          .choose(elf.function(functions.get(name)), request);
    }

    FunctionProbe probe(String name) {
      return probe(name, REQUESTS.get(name));
    }
  }

  @ParameterizedTest
  @CsvSource({
    GLIBC + ", malloc, push",
    GLIBC + ", calloc, push",
    GLIBC + ", realloc, push",
    GLIBC + ", free, push",
    GLIBC + ", memalign, je",
    GLIBC + ", aligned_alloc, je",
    GLIBC + ", posix_memalign, push",
    GLIBC + ", valloc, push",
    GLIBC + ", pvalloc, push",
    JEMALLOC + ", malloc, ja",
    JEMALLOC + ", calloc, push",
    JEMALLOC + ", realloc, push",
    JEMALLOC + ", free, jne",
    JEMALLOC + ", memalign, push",
    JEMALLOC + ", aligned_alloc, push",
    JEMALLOC + ", posix_memalign, push",
    JEMALLOC + ", valloc, push",
    TCMALLOC + ", malloc, jne",
    TCMALLOC + ", calloc, push",
    TCMALLOC + ", realloc, push",
    TCMALLOC + ", free, jne",
    TCMALLOC + ", memalign, ja",
    TCMALLOC + ", aligned_alloc, ja",
    TCMALLOC + ", posix_memalign, jne",
    TCMALLOC_FULL + ", malloc, jne",
    TCMALLOC_FULL + ", calloc, jne",
    TCMALLOC_FULL + ", realloc, push",
    TCMALLOC_FULL + ", free, jne",
    TCMALLOC_FULL + ", memalign, ja",
    TCMALLOC_FULL + ", posix_memalign, jne",
    MIMALLOC + ", free, je",
    MIMALLOC + ", memalign, jmp",
    MIMALLOC + ", aligned_alloc, jmp",
    MIMALLOC + ", posix_memalign, jmp",
    MUSL + ", malloc, jmp",
    MUSL + ", calloc, push",
    MUSL + ", realloc, jmp",
    MUSL + ", free, jmp",
    MUSL + ", aligned_alloc, push",
    MUSL + ", posix_memalign, push"
  })
  void findsAnEmulatedInstructionWithArgumentsAndStackPointerInPlace(
      String path, String name, String mnemonic) {
    ProbeSite site = Library.pinned(path).probe(name).site();

    assertThat(site.cost()).isEqualTo(Cost.EMULATED);
    assertThat(site.instruction()).startsWith(mnemonic + " ");
    assertThat(site.spAtEntry()).isTrue();
    assertThat(site.exact()).isTrue();
    assertThat(site.argumentRegisters())
        .isEqualTo(List.of(7, 6, 2).subList(0, REQUESTS.get(name).arguments()));
  }

  @ParameterizedTest
  @CsvSource({
    MIMALLOC + ", malloc, ja, rsi, ''",
    MIMALLOC + ", calloc, je, rax, rsi",
    MIMALLOC + ", realloc, jmp, rsi, rdx"
  })
  void findsAnEmulatedInstructionBehindAMoveOfTheArguments(
      String path, String name, String mnemonic, String first, String second) {
    Library library = Library.pinned(path);

    ProbeSite inPlace = library.probe(name).site();
    ProbeSite moved = library.probe(name, REQUESTS.get(name).anyRegister()).site();

    assertThat(inPlace.cost()).isEqualTo(Cost.SINGLE_STEPPED);
    assertThat(inPlace.offset()).isZero();
    assertThat(moved.cost()).isEqualTo(Cost.EMULATED);
    assertThat(moved.instruction()).startsWith(mnemonic + " ");
    assertThat(moved.spAtEntry()).isTrue();
    assertThat(moved.argumentRegisters().stream().map(InstructionSet.X86_64::registerName))
        .containsExactlyElementsOf(
            Stream.of(first, second).filter(register -> !register.isEmpty()).toList());
  }

  @Test
  void probesGlibcsFreeBehindItsTestForNull() {
    ProbeSite site = Library.pinned(GLIBC).probe("free").site();

    assertThat(site.skipsNull()).isTrue();
  }

  @ParameterizedTest
  @CsvSource({
    GLIBC + ", realloc, malloc",
    GLIBC + ", memalign, malloc",
    GLIBC + ", valloc, malloc",
    GLIBC + ", reallocarray, realloc",
    TCMALLOC + ", valloc, memalign|aligned_alloc",
    MUSL + ", memalign, aligned_alloc",
    MUSL + ", valloc, memalign",
    MUSL + ", reallocarray, realloc"
  })
  void seesJumpsToOtherAllocationFunctions(String path, String name, String targets) {
    FunctionProbe probe = Library.pinned(path).probe(name);

    assertThat(probe.complete()).isTrue();
    assertThat(probe.tailJumps())
        .isNotEmpty()
        .allSatisfy(jump -> assertThat(targets.split("\\|")).contains(jump.target()));
  }

  @ParameterizedTest
  @CsvSource({
    GLIBC + ", realloc, malloc, free",
    TCMALLOC + ", posix_memalign, memalign|aligned_alloc, ''",
    MUSL + ", calloc, malloc, ''",
    MUSL + ", posix_memalign, aligned_alloc, ''"
  })
  void seesCallsOfOtherAllocationFunctions(String path, String name, String one, String other) {
    Set<String> calls = Library.pinned(path).probe(name).calls();

    assertThat(calls).containsAnyOf(one.split("\\|"));
    if (!other.isEmpty()) {
      assertThat(calls).contains(other);
    }
  }

  @ParameterizedTest
  @CsvSource({GLIBC, JEMALLOC, TCMALLOC, TCMALLOC_FULL, MIMALLOC, MUSL})
  void noBranchInTheWholeLibraryLeadsBetweenEntryAndSite(String path) {
    Library library = Library.open(path);
    Set<Long> targets = Objdump.branchTargets(path);
    assertThat(targets).hasSizeGreaterThan(1000);

    REQUESTS.keySet().stream()
        .filter(library.functions()::containsKey)
        .forEach(name -> {
          ProbeSite site = library.probe(name, REQUESTS.get(name).anyRegister()).site();
          long start = library.functions().get(name).address();
          assertThat(targets)
              .as(name)
              .noneMatch(target -> target > start && target <= start + site.offset());
        });
  }

  @ParameterizedTest
  @CsvSource({GLIBC, JEMALLOC, TCMALLOC, TCMALLOC_FULL, MIMALLOC, MUSL})
  void whateverTheBuildASiteCanBeProbedAndHasItsArguments(String path) {
    Library library = Library.open(path);

    REQUESTS.forEach((name, request) -> {
      if (library.functions().containsKey(name)) {
        ProbeSite site = library.probe(name).site();
        assertThat(site.cost()).as(name).isNotEqualTo(Cost.REFUSED);
        assertThat(site.spAtEntry()).as(name).isTrue();
        assertThat(site.argumentRegisters())
            .as(name)
            .isEqualTo(List.of(7, 6, 2).subList(0, request.arguments()));
      }
    });
  }
}
