package org.memstacks.site;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Arrays;
import java.util.HexFormat;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

class SiteChooserTest {
  private static final long START = 0x10000;
  private static final ProbeRequest ENTRY = ProbeRequest.entryOnly(1);
  private static final ProbeRequest PAIR = ProbeRequest.withReturn(1);
  private static final ProbeRequest FREE = ENTRY.skippingNull();

  private static final String RET = " c3";

  private static FunctionProbe choose(String hex, ProbeRequest request) {
    return choose(hex, request, ObjectCode.unknown());
  }

  private static FunctionProbe choose(String hex, ProbeRequest request, ObjectCode object) {
    byte[] code = HexFormat.of().parseHex(hex.replace(" ", ""));
    return new SiteChooser(InstructionSet.X86_64, object)
        .choose(new FunctionCode("f", START, code), request);
  }

  /** An object with malloc at 0x20000, and with code at 0x30000. */
  private static ObjectCode withMalloc(String outside) {
    byte[] code = HexFormat.of().parseHex(outside.replace(" ", ""));
    return new ObjectCode(
        (address, length) -> {
          long from = address - 0x30000;
          return from < 0 || from >= code.length
              ? new byte[0]
              : Arrays.copyOfRange(code, (int) from, (int) Math.min(code.length, from + length));
        },
        Map.of(0x20000L, "malloc"),
        Map.of(0x40000L, "__libc_malloc", 0x40008L, "abort"),
        Map.of("__libc_malloc", "malloc"));
  }

  @Test
  void takesAPushAtTheStart() {
    ProbeSite site = choose("55 48 89 e5 5d" + RET, PAIR).site();

    assertThat(site.offset()).isZero();
    assertThat(site.cost()).isEqualTo(Cost.EMULATED);
    assertThat(site.spAtEntry()).isTrue();
    assertThat(site.exact()).isTrue();
  }

  @Test
  void stepsOverTheLandingPadOfIndirectBranches() {
    ProbeSite site = choose("f3 0f 1e fa 55 5d" + RET, PAIR).site();

    assertThat(site.offset()).isEqualTo(4);
    assertThat(site.instruction()).isEqualTo("push %rbp");
  }

  @Test
  void takesTheBranchBehindAComparison() {
    // cmp $0x1000,%rdi; ja; ret; ret
    ProbeSite site = choose("48 81 ff 00 10 00 00 77 01" + RET + RET, PAIR).site();

    assertThat(site.offset()).isEqualTo(7);
    assertThat(site.cost()).isEqualTo(Cost.EMULATED);
    assertThat(site.skipsNull()).isFalse();
  }

  @Test
  void goesPastATestForNullOnlyWhereThatIsAllowed() {
    String free = "48 85 ff 74 02 55 5d" + RET; // test %rdi,%rdi; je end; push; pop; end: ret

    assertThat(choose(free, FREE).site().offset()).isEqualTo(5);
    assertThat(choose(free, FREE).site().skipsNull()).isTrue();
    assertThat(choose(free, ENTRY).site().offset()).isEqualTo(3);
    assertThat(choose(free, ENTRY).site().skipsNull()).isFalse();
  }

  @Test
  void followsTheBranchThatIsTakenUnlessNull() {
    // test %rdi,%rdi; jne 1f; ret; 1: push %rbp; pop; ret
    ProbeSite site = choose("48 85 ff 75 01 c3 55 5d" + RET, FREE).site();

    assertThat(site.offset()).isEqualTo(6);
    assertThat(site.skipsNull()).isTrue();
  }

  @Test
  void doesNotTakeAnotherConditionForATestForNull() {
    // test %rdi,%rdi; cmp $1,%rsi; je; push; pop; ret
    assertThat(choose("48 85 ff 48 83 fe 01 74 02 55 5d" + RET, FREE).site().offset()).isEqualTo(7);
    // test %edi,%edi; je: half of a pointer
    assertThat(choose("85 ff 74 02 55 5d" + RET, FREE).site().offset()).isEqualTo(2);
    // test %rsi,%rsi; je
    assertThat(choose("48 85 f6 74 02 55 5d" + RET, FREE).site().offset()).isEqualTo(3);
  }

  @Test
  void staysBeforeTheArgumentIsOverwritten() {
    String function = "48 89 fb 48 31 ff 55 5d" + RET; // mov %rdi,%rbx; xor %rdi,%rdi; push

    ProbeSite site = choose(function, ENTRY).site();
    assertThat(site.offset()).isZero();
    assertThat(site.cost()).isEqualTo(Cost.SINGLE_STEPPED);
    assertThat(site.reason()).contains("single-stepped");

    ProbeSite moved = choose(function, ENTRY.anyRegister()).site();
    assertThat(moved.offset()).isEqualTo(6);
    assertThat(moved.argumentRegisters()).containsExactly(X86InstructionSet.RBX);
  }

  @Test
  void aReturnProbeStaysBeforeTheStackPointerMoves() {
    String function = "48 83 ec 08 74 00 48 83 c4 08" + RET; // sub $8,%rsp; je; add $8,%rsp

    assertThat(choose(function, PAIR).site().offset()).isZero();
    assertThat(choose(function, ENTRY).site().offset()).isEqualTo(4);
    assertThat(choose(function, ENTRY).site().spAtEntry()).isFalse();
  }

  @Test
  void prefersAnUnmovedStackPointer() {
    // mov %rdi,%rax; push %rbp; push %rbx; pop; pop
    assertThat(choose("48 89 f8 55 53 5b 5d" + RET, ENTRY).site().offset()).isEqualTo(3);
  }

  @Test
  void avoidsPlacesThatALoopComesBackTo() {
    // test %rdi,%rdi; 1: push; pop; jmp 1b
    ProbeSite site = choose("48 85 ff 55 5d eb fc", ENTRY).site();

    assertThat(site.offset()).isZero();
    assertThat(site.exact()).isTrue();
  }

  @Test
  void warnsOfALoopThroughTheFirstInstruction() {
    ProbeSite site = choose("55 5d 48 ff cf 75 f9" + RET, ENTRY).site(); // jne to the start

    assertThat(site.offset()).isZero();
    assertThat(site.exact()).isFalse();
    assertThat(site.reason()).contains("loop");
  }

  @Test
  void seesBranchesInCodeReachedByNoDirectBranch() {
    // test %rdi,%rdi; 1: push; pop; ret; jmp 1b (a landing pad)
    assertThat(choose("48 85 ff 55 5d c3 eb fb", ENTRY).site().offset()).isZero();
  }

  @Test
  void seesBranchesBackFromOutlinedCode() {
    // test %rdi,%rdi; push; pop; jmp 0x30000; there: jmp back to the push
    ObjectCode object = withMalloc("e9 fe ff fd ff");
    FunctionProbe probe = choose("48 85 ff 55 5d e9 f6 ff 01 00", ENTRY, object);

    assertThat(probe.site().offset()).isZero();
  }

  @Test
  void takesTheFirstInstructionOfWhatItDoesNotUnderstand() {
    ProbeSite unknown = choose("48 85 ff 55 06 5d" + RET, ENTRY).site();
    assertThat(unknown.offset()).isZero();
    assertThat(unknown.exact()).isFalse();
    assertThat(unknown.reason()).contains("+0x4").contains("not understood");

    ProbeSite computed = choose("48 85 ff 55 5d ff e0", ENTRY).site();
    assertThat(computed.offset()).isZero();
    assertThat(computed.reason()).contains("computed address");
  }

  @Test
  void aFirstInstructionThatTakesNoProbeGivesWayToTheNext() {
    // lock incl (%rax); mov %rdi,%rax; ret
    ProbeSite site = choose("f0 ff 00 48 89 f8" + RET, ENTRY).site();

    assertThat(site.offset()).isEqualTo(3);
    assertThat(site.cost()).isEqualTo(Cost.SINGLE_STEPPED);
  }

  @Test
  void saysWhenNoInstructionTakesAProbe() {
    ProbeSite site = choose("0f 05" + RET, PAIR).site(); // syscall

    assertThat(site.cost()).isEqualTo(Cost.SINGLE_STEPPED);
    assertThat(choose("0f 0b", PAIR).site().cost()).isEqualTo(Cost.REFUSED);
  }

  @Test
  void seesTailJumpsDirectAndByWayOfTheLinkageTable() {
    assertThat(choose("e9 fb ff 00 00", PAIR, withMalloc("")).tailJumps())
        .containsExactly(new FunctionProbe.TailJump(START, "malloc"));
    // endbr64; jmp *0x40000 at 0x30000, entered by a jump
    ObjectCode stub = withMalloc("f3 0f 1e fa ff 25 f6 ff 00 00");
    FunctionProbe probe = choose("53 5b e9 f9 ff 01 00", PAIR, stub);
    assertThat(probe.tailJumps()).containsExactly(new FunctionProbe.TailJump(START + 2, "malloc"));
    assertThat(probe.forwardsOnly()).isTrue();
  }

  @Test
  void seesTailJumpsOfInternalFunctionsItJumpsTo() {
    // at 0x30000: push %rbp; mov %rsp,%rbp; sub $32,%rsp; leave; jmp malloc
    ObjectCode object = withMalloc("55 48 89 e5 48 83 ec 20 c9 e9 f2 ff fe ff");

    assertThat(choose("e9 fb ff 01 00", PAIR, object).tailJumps())
        .containsExactly(new FunctionProbe.TailJump(0x30009, "malloc"));
  }

  @Test
  void aJumpWithTheStackPointerMovedIsNoTailJump() {
    FunctionProbe probe = choose("53 e9 fa ff 00 00", PAIR, withMalloc(""));

    assertThat(probe.tailJumps()).isEmpty();
    assertThat(probe.forwardsOnly()).isFalse();
  }

  @Test
  void forwardsOnlyIfAllElseReturnsZero() {
    // test %rdi,%rdi; jne malloc; xor %eax,%eax; ret
    FunctionProbe zero = choose("48 85 ff 0f 85 f7 ff 00 00 31 c0" + RET, PAIR, withMalloc(""));
    assertThat(zero.forwardsOnly()).isTrue();
    // the same without the xor
    FunctionProbe other = choose("48 85 ff 0f 85 f7 ff 00 00" + RET, PAIR, withMalloc(""));
    assertThat(other.tailJumps()).hasSize(1);
    assertThat(other.forwardsOnly()).isFalse();
  }

  @Test
  void seesCallsOfHookedFunctions() {
    // sub $8,%rsp; call malloc; add $8,%rsp; ret
    FunctionProbe direct =
        choose("48 83 ec 08 e8 f7 ff 00 00 48 83 c4 08" + RET, PAIR, withMalloc(""));
    assertThat(direct.calls()).containsExactly("malloc");
    assertThat(direct.forwardsOnly()).isFalse();
    // call *0x40000(%rip)
    FunctionProbe slot =
        choose("48 83 ec 08 ff 15 f6 ff 02 00 48 83 c4 08" + RET, PAIR, withMalloc(""));
    assertThat(slot.calls()).containsExactly("malloc");
  }

  @Test
  void delegatesIfEveryPathComesByAHookedFunction() {
    // sub $8,%rsp; call malloc; add $8,%rsp; ret
    assertThat(
            choose("48 83 ec 08 e8 f7 ff 00 00 48 83 c4 08" + RET, PAIR, withMalloc(""))
                .delegates())
        .isTrue();
    assertThat(choose("e9 fb ff 00 00", PAIR, withMalloc("")).delegates()).isTrue();
    // test %rdi,%rdi; jne malloc; ret
    assertThat(choose("48 85 ff 0f 85 f7 ff 00 00" + RET, PAIR, withMalloc("")).delegates())
        .isFalse();
    assertThat(choose("53 5b" + RET, PAIR, withMalloc("")).delegates()).isFalse();
  }

  @Test
  void knowsWhereItReturns() {
    // test %rdi,%rdi; jne 0x30000; ret, and there: push %rbx; pop %rbx; ret
    FunctionProbe.Returns both =
        choose("48 85 ff 0f 85 f7 ff 01 00" + RET, PAIR, withMalloc("53 5b c3")).returns();
    assertThat(both.addresses()).containsExactly(START + 9, 0x30002L);
    assertThat(both.complete()).isTrue();
    // there: jmp *%rax
    FunctionProbe.Returns one =
        choose("48 85 ff 0f 85 f7 ff 01 00" + RET, PAIR, withMalloc("ff e0")).returns();
    assertThat(one.addresses()).containsExactly(START + 9);
    assertThat(one.complete()).isFalse();
    // a jump to another hooked function, which returns for itself
    FunctionProbe.Returns none = choose("e9 fb ff 00 00", PAIR, withMalloc("")).returns();
    assertThat(none.addresses()).isEmpty();
    assertThat(none.complete()).isTrue();
  }

  @Test
  void codeBehindACallOfAbortIsNotReachedByIt() {
    // call *abort; jmp malloc, which nothing else leads to
    FunctionProbe probe = choose("ff 15 02 00 03 00 e9 f5 ff 00 00", PAIR, withMalloc(""));

    assertThat(probe.tailJumps()).isEmpty();
  }

  @Test
  void worksForArm64() {
    // paciasp; stp x29,x30,[sp,#-32]!; cbz x0,...; ret
    byte[] code = HexFormat.of().parseHex("3f2303d5fd7bbea9400000b4c0035fd6c0035fd6");
    SiteChooser chooser = new SiteChooser(InstructionSet.AARCH64, ObjectCode.unknown());
    FunctionCode function = new FunctionCode("f", START, code);

    assertThat(chooser.choose(function, PAIR).site().offset()).isZero();
    ProbeSite entry = chooser.choose(function, ENTRY).site();
    assertThat(entry.offset()).isEqualTo(8);
    assertThat(entry.cost()).isEqualTo(Cost.EMULATED);
    assertThat(entry.spAtEntry()).isFalse();
  }

  @Test
  void anyBytesGetASite() {
    Random random = new Random(20260102);
    for (int round = 0; round < 20_000; round++) {
      byte[] code = new byte[1 + random.nextInt(60)];
      random.nextBytes(code);
      FunctionCode function = new FunctionCode("f", START, code);
      for (InstructionSet machine :
          new InstructionSet[] {InstructionSet.X86_64, InstructionSet.AARCH64}) {
        ProbeSite site =
            new SiteChooser(machine, ObjectCode.unknown()).choose(function, FREE).site();
        assertThat(site.offset()).isBetween(0L, code.length - 1L);
      }
    }
  }

  @Test
  void refusesRequestsWithoutSense() {
    assertThatThrownBy(() -> ProbeRequest.entryOnly(9))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> ProbeRequest.entryOnly(0).skippingNull())
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> new FunctionCode("f", START, new byte[0]))
        .isInstanceOf(IllegalArgumentException.class);
  }
}
