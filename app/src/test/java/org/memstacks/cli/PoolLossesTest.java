package org.memstacks.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.memstacks.bpf.Layouts.Stat;
import org.memstacks.collect.AllocationProfile;
import org.memstacks.collect.AllocationProfile.Unattributed;
import org.memstacks.collect.AllocatorFunction;
import org.memstacks.collect.PoolFindings;
import org.memstacks.collect.PoolFindings.WrongSize;
import org.memstacks.collect.PoolFunctions;
import org.memstacks.collect.Profiles;

/** What a program's own functions were seen to do that their description does not explain. */
class PoolLossesTest {
  private static final Losses NONE = new Losses(List.of(), List.of());
  private static final AllocationProfile BUSY =
      Profiles.counted(Map.of(Stat.REQUESTS, 9L), new Unattributed(0, 0));
  private static final AllocationProfile IDLE = Profiles.counted(Map.of(), new Unattributed(0, 0));

  @Test
  void nothingFoundIsNothingSaid() {
    assertThat(PoolLosses.add(NONE, PoolFindings.NONE, BUSY)).isEqualTo(NONE);
  }

  @Test
  void anAllocatorThatIsNotCalledIsMissingIfTheProcessAllocatesMeanwhile() {
    PoolFindings found = new PoolFindings(List.of("get"), List.of("put"), true, List.of());
    assertThat(PoolLosses.add(NONE, found, BUSY))
        .isEqualTo(
            new Losses(
                List.of(
                    "no call of get was seen, and the process allocated meanwhile: not called in the window, or the"
                        + " compiler put it into its callers (inlined); what --pair describes is not counted"),
                List.of()));
    Losses idle = PoolLosses.add(NONE, found, IDLE);
    assertThat(idle.missing()).isEmpty();
    assertThat(idle.remarks()).hasSize(1);
  }

  @Test
  void oneOfSeveralThatIsNotCalledIsWorthKnowing() {
    PoolFindings found = new PoolFindings(List.of("get"), List.of("put"), false, List.of());
    Losses losses = PoolLosses.add(NONE, found, BUSY);
    assertThat(losses.missing()).isEmpty();
    assertThat(losses.remarks())
        .satisfiesExactly(
            remark -> assertThat(remark).startsWith("no call of get was seen: "),
            remark -> assertThat(remark).startsWith("no call of put was seen: "));
  }

  @Test
  void aSizeThatCannotBeIsSaidWithWhatToType() {
    assertThat(wrong("alloc=get:2 free=put:1"))
        .isEqualTo(
            "get: one block has 8.0 EiB, and no more than 1.0 MiB was mapped: the size looks wrong, and so is what is"
                + " shown of it; if it is an int, or unsigned, type --pair 'alloc=get:2/32 ...'");
    assertThat(wrong("calloc=get:1/16:2 free=put:1")).endsWith("'calloc=get:1/16:2/32 ...'");
    assertThat(wrong("realloc=get:1:3 free=put:1")).endsWith("'realloc=get:1:3/32 ...'");
    assertThat(wrong("alloc=get:2/64 free=put:1"))
        .endsWith("see which argument it is (--pair, the numbers)");
  }

  private static String wrong(String pair) {
    AllocatorFunction function = PoolFunctions.parse(pair).functions().getFirst();
    PoolFindings found =
        new PoolFindings(
            List.of(), List.of(), false, List.of(new WrongSize(function, -5, 1 << 20)));
    return PoolLosses.add(NONE, found, BUSY).missing().getFirst();
  }
}
