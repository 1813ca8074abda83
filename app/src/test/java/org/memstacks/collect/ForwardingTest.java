package org.memstacks.collect;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.HexFormat;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.memstacks.bpf.Layouts.Hook;
import org.memstacks.site.FunctionCode;
import org.memstacks.site.FunctionProbe;
import org.memstacks.site.InstructionSet;
import org.memstacks.site.ObjectCode;
import org.memstacks.site.ProbeRequest;
import org.memstacks.site.SiteChooser;

/** Machine code of functions that hand calls to malloc, realloc or free. */
class ForwardingTest {
  private static final long START = 0x10000;
  private static final AllocatorFunction MALLOC = AllocatorFunction.allocation("malloc", 1);
  private static final AllocatorFunction REALLOC = AllocatorFunction.reallocation("realloc", 1, 2);
  private static final AllocatorFunction FREE = AllocatorFunction.freeing("free", 1);
  private static final AllocatorFunction OTHER = AllocatorFunction.allocation("je_malloc", 1);
  private static final AllocatorFunction CALLOC = AllocatorFunction.product("calloc", 1, 2);
  private static final AllocatorFunction MEMALIGN = AllocatorFunction.aligned("memalign", 1, 2);
  private static final AllocatorFunction OTHER_FREE = AllocatorFunction.freeing("je_free", 1);
  private static final Map<Long, AllocatorFunction> CALLEES =
      Map.of(0x20000L, MALLOC, 0x20100L, REALLOC, 0x20200L, FREE);
  private static final String RET_A_BLOCK = " 48 89 f0 c3"; // mov %rsi,%rax; ret

  /** {@code {malloc}} in the code stands for a jump to malloc, and so on. */
  private static Forwarding of(AllocatorFunction function, String code, Long... shared) {
    String hex = code.replace(" ", "");
    for (Map.Entry<Long, AllocatorFunction> callee : CALLEES.entrySet()) {
      String jump = "{" + callee.getValue().symbol() + "}";
      for (int at = hex.indexOf(jump); at >= 0; at = hex.indexOf(jump)) {
        byte[] distance =
            ByteBuffer.allocate(4)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putInt((int) (callee.getKey() - (START + at / 2 + 5)))
                .array();
        hex =
            hex.substring(0, at)
                + "e9"
                + HexFormat.of().formatHex(distance)
                + hex.substring(at + jump.length());
      }
    }
    Map<Long, String> hooked =
        CALLEES.entrySet().stream()
            .collect(Collectors.toMap(Map.Entry::getKey, callee -> callee.getValue().symbol()));
    ObjectCode object =
        new ObjectCode((address, length) -> new byte[0], hooked, Map.of(), Map.of());
    FunctionProbe probe =
        new SiteChooser(InstructionSet.X86_64, object)
            .choose(
                new FunctionCode(function.symbol(), START, HexFormat.of().parseHex(hex)),
                ProbeRequest.withReturn(2));
    return Forwarding.of(
        function,
        probe,
        Stream.of(MALLOC, REALLOC, FREE).collect(Collectors.toMap(f -> f.symbol(), f -> f)),
        Set.of(shared));
  }

  @Test
  void aFunctionThatIsAJumpNeedsNoProbe() {
    assertThat(of(OTHER, "{malloc}").whole()).isTrue();
    assertThat(of(OTHER_FREE, "{free}").whole()).isTrue();
  }

  @Test
  void neitherDoesOneThatFailsWhereItDoesNotJump() {
    // test %rdi,%rdi; je 1f; jmp malloc; 1: xor %eax,%eax; ret
    assertThat(of(OTHER, "48 85 ff 74 05 {malloc} 31 c0 c3").whole()).isTrue();
    // The same, but a block comes out at the other end.
    Forwarding serves = of(OTHER, "48 85 ff 74 05 {malloc}" + RET_A_BLOCK);
    assertThat(serves.whole()).isFalse();
    assertThat(serves.followed()).hasSize(1);
  }

  @Test
  void oneThatAsksForAnotherSizeIsProbedAndItsJumpFollowed() {
    Forwarding enlarges = of(OTHER, "48 8d 7f 40 {malloc}"); // lea 64(%rdi),%rdi

    assertThat(enlarges.whole()).isFalse();
    assertThat(enlarges.followed()).singleElement().extracting("target").isEqualTo("malloc");
  }

  @Test
  void aProductOfTwoArgumentsIsTheSameSize() {
    String product = "48 0f af fe {malloc}"; // imul %rsi,%rdi

    assertThat(of(CALLOC, product).whole()).as("who clears it matters not").isTrue();
    assertThat(of(AllocatorFunction.product("je_mallocn", 1, 2), product).whole()).isTrue();
    assertThat(of(AllocatorFunction.allocation("je_malloc", 1), product).whole()).isFalse();
  }

  @Test
  void mallocByReallocOfNullIsReallocWithoutAnOldBlock() {
    // mov %rdi,%rsi; xor %edi,%edi; jmp realloc
    assertThat(of(OTHER, "48 89 fe 31 ff {realloc}").whole()).isTrue();
    assertThat(of(OTHER, "48 89 fe {realloc}").whole()).as("the old block is unknown").isFalse();
  }

  @Test
  void reallocOfNullIsMallocWhereEachSuchCallGoesOn() {
    // test %rdi,%rdi; jne 1f; mov %rsi,%rdi; jmp malloc; 1: ...
    Forwarding all = of(REALLOC, "48 85 ff 75 08 48 89 f7 {malloc}" + RET_A_BLOCK);
    assertThat(all).isEqualTo(new Forwarding(false, Hook.NULL_IS_MALLOC, all.followed()));
    assertThat(all.followed()).isEmpty();

    // Only those of at most 4096 bytes: cmp $0x1000,%rsi; ja 1f.
    Forwarding small =
        of(REALLOC, "48 85 ff 75 11 48 81 fe 00 10 00 00 77 08 48 89 f7 {malloc}" + RET_A_BLOCK);
    assertThat(small.flags()).isZero();
    assertThat(small.followed()).hasSize(1);
  }

  @Test
  void memalignOfMallocsOwnAlignmentIsMallocOnlyUpToThatExactly() {
    // cmp $N,%rdi; ja 1f; mov %rsi,%rdi; jmp malloc; 1: ...
    String behind = "77 08 48 89 f7 {malloc}" + RET_A_BLOCK;
    assertThat(of(MEMALIGN, "48 83 ff 10" + behind).flags()).isEqualTo(Hook.SMALL_ALIGN_IS_MALLOC);
    for (String other : new String[] {"48 83 ff 08", "48 83 ff 40"}) {
      assertThat(of(MEMALIGN, other + behind).flags()).as(other).isZero();
      assertThat(of(MEMALIGN, other + behind).followed()).as(other).hasSize(1);
    }
  }

  @Test
  void aJumpThatAnotherFunctionNeedsFollowedIsNoForwarding() {
    assertThat(of(OTHER, "{malloc}", START).whole()).isFalse();
    assertThat(of(OTHER, "{malloc}", START).followed()).hasSize(1);
  }

  @Test
  void freeingAnotherPointerIsNoForwarding() {
    assertThat(of(OTHER_FREE, "48 89 f7 {free}").whole()).isFalse(); // mov %rsi,%rdi
  }

  @Test
  void codeThatIsNotUnderstoodIsProbed() {
    assertThat(of(OTHER, "48 85 ff 74 05 {malloc} ff e0").whole()).isFalse(); // jmp *%rax
  }
}
