package org.memstacks.collect;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.memstacks.collect.AllocatorMappings.Origin;
import org.memstacks.mapping.MappingFunction;
import org.memstacks.site.Cost;
import org.memstacks.site.FunctionProbe.CodeRange;
import org.memstacks.site.ProbeSite;
import org.memstacks.target.Mapping;

/**
 * A program at 0x10000, the C library at 0x20000 whose malloc lies at 0x21000, and an allocator's
 * library at 0x30000 whose malloc lies at 0x31000.
 */
class AllocatorMappingsTest {
  private static final ProbeSite SITE =
      new ProbeSite(0, "push", Cost.EMULATED, false, true, List.of(), true, "");
  private static final Mapping PROGRAM = object(0x10000, "/usr/bin/app");
  private static final Mapping LIBC = object(0x20000, "/lib/libc.so.6");
  private static final Mapping LIBRARY = object(0x30000, "/lib/liballoc.so");
  private static final MappingCalls CALLS =
      new MappingCalls(
          Optional.of(PROGRAM),
          List.of(
              new MappingCalls.Call(MappingFunction.MMAP, LIBC, Path.of("/"), 0, SITE),
              new MappingCalls.Call(MappingFunction.BRK, LIBC, Path.of("/"), 0x10, SITE)),
          List.of(new CodeRange(0x36000, 0x36100)),
          List.of(new CodeRange(0x26000, 0x26100)),
          List.of());

  private static Mapping object(long start, String name) {
    return new Mapping(start, start + 0x10000, Mapping.EXECUTE, 0, 1, start, name, false);
  }

  private static AllocatorMappings of(Mapping object, String function) {
    HookedFunction hook =
        new HookedFunction(
            0,
            AllocatorFunction.allocation(function, 1),
            object,
            Path.of("/"),
            0x1000,
            object.start() + 0x1000,
            0x100,
            0,
            SITE,
            List.of(),
            List.of(),
            Optional.empty(),
            List.of(new CodeRange(object.start() + 0x1000, object.start() + 0x1100)));
    return new AllocatorMappings(
        List.of(new Allocator(List.of(hook), List.of(), List.of(), AllocatorQuery.any())),
        List.of(CALLS));
  }

  private static boolean isAllocators(AllocatorMappings mappings, long... frames) {
    return origin(mappings, StackEnd.COMPLETE, frames) == Origin.ALLOCATOR;
  }

  private static Origin origin(AllocatorMappings mappings, StackEnd end, long... frames) {
    return mappings.of(new RawStack(Optional.of("mmap"), frames, end, 0));
  }

  @Test
  void whereTheStackBreaksOffInTheCLibraryItIsNotClear() {
    AllocatorMappings glibc = of(LIBC, "malloc");
    assertThat(origin(glibc, StackEnd.GAP, 0x25000)).isEqualTo(Origin.UNCLEAR);
    assertThat(origin(glibc, StackEnd.GAP, 0x25000, 0x21050)).isEqualTo(Origin.ALLOCATOR);
    assertThat(origin(glibc, StackEnd.GAP, 0x25000, 0x10100)).isEqualTo(Origin.PROGRAM);
    assertThat(origin(glibc, StackEnd.GAP, 0x26010))
        .as("a thread's stack")
        .isEqualTo(Origin.PROGRAM);
    assertThat(origin(glibc, StackEnd.GAP)).isEqualTo(Origin.PROGRAM);
  }

  @Test
  void whatMallocMapsIsTheAllocators() {
    AllocatorMappings glibc = of(LIBC, "malloc");
    assertThat(isAllocators(glibc, 0x22000, 0x21050, 0x10100)).isTrue();
    assertThat(isAllocators(glibc, 0x21050, 0x10100)).isTrue();
  }

  @Test
  void whatTheProgramMapsIsItsOwnAlsoByWayOfTheCLibrary() {
    AllocatorMappings glibc = of(LIBC, "malloc");
    assertThat(isAllocators(glibc, 0x10100, 0x10200)).isFalse();
    assertThat(isAllocators(glibc, 0x25000, 0x10100)).as("a thread's stack").isFalse();
    assertThat(isAllocators(glibc, 0x10100, 0x21050, 0x10200)).as("called back").isFalse();
    assertThat(isAllocators(glibc)).as("no stack").isFalse();
  }

  @Test
  void whatAnAllocatorsLibraryMapsIsItsOwnWhoeverCallsIt() {
    AllocatorMappings other = of(LIBRARY, "malloc");
    assertThat(isAllocators(other, 0x35000)).as("on its own thread").isTrue();
    assertThat(isAllocators(other, 0x24000, 0x35000, 0x10100)).as("by sbrk").isTrue();
    assertThat(isAllocators(other, 0x24000, 0x10100)).as("the program's sbrk").isFalse();
    assertThat(isAllocators(other, 0x24000, 0x36020, 0x10100))
        .as("the program's, by way of the library's own sbrk")
        .isFalse();
    assertThat(isAllocators(other, 0x24000, 0x36020, 0x35000)).isTrue();
  }

  @Test
  void aLibraryThatHasAnAllocatorUnderAnotherNameMayMapForItself() {
    AllocatorMappings other = of(LIBRARY, "my_malloc");
    assertThat(isAllocators(other, 0x35000, 0x10100)).isFalse();
    assertThat(isAllocators(other, 0x35000, 0x31010, 0x10100)).isTrue();
  }

  @Test
  void aProgramWithAnAllocatorLinkedInMapsForItselfToo() {
    AllocatorMappings linked = of(PROGRAM, "malloc");
    assertThat(isAllocators(linked, 0x15000, 0x16000)).isFalse();
    assertThat(isAllocators(linked, 0x15000, 0x11020, 0x16000)).isTrue();
    assertThat(isAllocators(linked, 0x24000, 0x15000, 0x11020, 0x16000)).isTrue();
  }
}
