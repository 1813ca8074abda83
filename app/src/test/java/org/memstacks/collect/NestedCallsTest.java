package org.memstacks.collect;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.memstacks.collect.NestedCalls.Verdict;
import org.memstacks.site.Cost;
import org.memstacks.site.FunctionProbe.CodeRange;
import org.memstacks.site.ProbeSite;
import org.memstacks.target.Mapping;

/** An allocator at 0x1000 to 0x9000 whose calloc lies at 0x2000, and outlined at 0x5000. */
class NestedCallsTest {
  private static final Mapping LIBRARY =
      new Mapping(0x1000, 0x9000, Mapping.READ | Mapping.EXECUTE, 0, 1, 2, "/lib/own.so", false);
  private static final NestedCalls NESTED = calls();

  private static NestedCalls calls(Long... entries) {
    return new NestedCalls(
        List.of(allocator()),
        (object, hooked, places) -> {
          assertThat(places.contains(0x5008)).isTrue();
          assertThat(places.contains(0x2050)).isFalse();
          return new TreeSet<>(List.of(entries));
        });
  }

  private static Allocator allocator() {
    ProbeSite site = new ProbeSite(0, "push", Cost.EMULATED, false, true, List.of(), true, "");
    HookedFunction calloc =
        new HookedFunction(
            0,
            AllocatorFunction.product("calloc", 1, 2),
            LIBRARY,
            Path.of("/lib/own.so"),
            0x2000,
            0x2000,
            0x100,
            0,
            site,
            List.of(),
            List.of(),
            Optional.empty(),
            List.of(new CodeRange(0x2000, 0x2100), new CodeRange(0x5000, 0x5010)));
    return new Allocator(List.of(calloc), List.of(), List.of(), AllocatorQuery.any());
  }

  private static boolean isNested(long... frames) {
    Verdict verdict = verdict(NESTED, frames);
    assertThat(verdict).isNotEqualTo(Verdict.DOUBTFUL);
    return verdict == Verdict.NESTED;
  }

  private static Verdict verdict(NestedCalls calls, long... frames) {
    return calls.of(new RawStack(Optional.of("malloc"), frames, StackEnd.COMPLETE, 0));
  }

  @Test
  void aCallFromAnOutlinedPartThatOtherCodeLeadsToIsDoubtful() {
    NestedCalls shared = calls(0x5000L);

    assertThat(verdict(shared, 0x5008, 0x40000)).isEqualTo(Verdict.DOUBTFUL);
    assertThat(verdict(shared, 0x2050, 0x40000)).as("its own code").isEqualTo(Verdict.NESTED);
    assertThat(verdict(calls(0x5010L), 0x5008, 0x40000)).isEqualTo(Verdict.NESTED);
  }

  @Test
  void aCallOutOfTheProgramIsNotNested() {
    assertThat(isNested(0x40000, 0x40100)).isFalse();
  }

  @Test
  void aCallFromCallocIsNestedDirectlyOrThroughAHelper() {
    assertThat(isNested(0x2050, 0x40000)).isTrue();
    assertThat(isNested(0x5008, 0x40000)).as("from its outlined part").isTrue();
    assertThat(isNested(0x3000, 0x2050, 0x40000)).isTrue();
  }

  @Test
  void aReturnAddressJustBehindTheCodeBelongsToIt() {
    assertThat(isNested(0x2100, 0x40000)).isTrue();
    assertThat(isNested(0x2101, 0x40000)).isFalse();
    assertThat(isNested(0x2000, 0x40000)).as("the call before it lies in other code").isFalse();
  }

  @Test
  void otherFunctionsOfTheLibraryAllocateForThemselves() {
    assertThat(isNested(0x3000, 0x40000)).isFalse();
  }

  @Test
  void whatTheProgramAllocatesWhenCalledBackCounts() {
    assertThat(isNested(0x40000, 0x2050, 0x40100)).isFalse();
    assertThat(isNested(0x3000, 0x40000, 0x2050, 0x40100)).isFalse();
  }
}
