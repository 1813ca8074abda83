package org.memstacks.site;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
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
    assertThat(jumps(choose("e9 fb ff 00 00", PAIR, withMalloc(""))))
        .containsExactly("0x10000 malloc");
    // endbr64; jmp *0x40000 at 0x30000, entered by a jump
    ObjectCode stub = withMalloc("f3 0f 1e fa ff 25 f6 ff 00 00");
    FunctionProbe probe = choose("53 5b e9 f9 ff 01 00", PAIR, stub);
    assertThat(jumps(probe)).containsExactly("0x10002 malloc");
    assertThat(probe.ends()).isEmpty();
  }

  @Test
  void seesTailJumpsOfInternalFunctionsItJumpsTo() {
    // at 0x30000: push %rbp; mov %rsp,%rbp; sub $32,%rsp; leave; jmp malloc
    ObjectCode object = withMalloc("55 48 89 e5 48 83 ec 20 c9 e9 f2 ff fe ff");

    assertThat(jumps(choose("e9 fb ff 01 00", PAIR, object))).containsExactly("0x30009 malloc");
  }

  @Test
  void aJumpWithTheStackPointerMovedIsNoTailJump() {
    FunctionProbe probe = choose("53 e9 fa ff 00 00", PAIR, withMalloc(""));

    assertThat(probe.tailJumps()).isEmpty();
    assertThat(probe.ends()).hasSize(1);
  }

  private static List<String> jumps(FunctionProbe probe) {
    return probe.tailJumps().stream()
        .map(jump -> "0x" + Long.toHexString(jump.address()) + " " + jump.target())
        .toList();
  }

  @Test
  void knowsWhatItReturnsWhereItDoesNotJump() {
    // test %rdi,%rdi; jne malloc; xor %eax,%eax; ret
    FunctionProbe zero = choose("48 85 ff 0f 85 f7 ff 00 00 31 c0" + RET, PAIR, withMalloc(""));
    assertThat(zero.ends())
        .singleElement()
        .satisfies(end -> {
          assertThat(end.result()).isEqualTo(new Value.Constant(0));
          assertThat(end.quiet()).isTrue();
          assertThat(end.facts().arguments().getFirst()).isEqualTo(Bounds.exactly(0));
        });
    // the same without the xor
    FunctionProbe other = choose("48 85 ff 0f 85 f7 ff 00 00" + RET, PAIR, withMalloc(""));
    assertThat(other.ends().getFirst().result()).isEqualTo(Value.UNKNOWN);
    // mov %rdi,(%rsi); xor %eax,%eax; ret
    assertThat(choose("48 89 3e 31 c0" + RET, PAIR).ends().getFirst().quiet()).isFalse();
    // movl $12,%fs:(%rax); xor %eax,%eax; ret
    assertThat(choose("64 c7 00 0c 00 00 00 31 c0" + RET, PAIR).ends().getFirst().quiet()).isTrue();
  }

  @Test
  void knowsWhatReachesTheFunctionItJumpsTo() {
    // mov %rdi,%rsi; mov $1,%edi; jmp malloc
    assertThat(arguments("48 89 fe bf 01 00 00 00 e9 f3 ff 00 00"))
        .startsWith(new Value.Constant(1), new Value.Argument(0));
    // imul %rsi,%rdi; jmp malloc
    assertThat(arguments("48 0f af fe e9 f7 ff 00 00")).startsWith(new Value.Product(0, 1));
    // add $16,%rdi; jmp malloc
    assertThat(arguments("48 83 c7 10 e9 f7 ff 00 00")).startsWith(Value.UNKNOWN);
    // sub $24,%rsp; mov %rdi,8(%rsp); call +0; mov 8(%rsp),%rdi; add $24,%rsp; jmp malloc
    assertThat(
            arguments(
                "48 83 ec 18 48 89 7c 24 08 e8 00 00 00 00 48 8b 7c 24 08 48 83 c4 18 e9 e4 ff 00 00"))
        .startsWith(new Value.Argument(0), Value.UNKNOWN);
    // push %rdi; pop %rsi; jmp malloc
    assertThat(arguments("57 5e e9 f9 ff 00 00"))
        .startsWith(new Value.Argument(0), new Value.Argument(0));
  }

  private static List<Value> arguments(String hex) {
    return choose(hex, PAIR, withMalloc("")).tailJumps().getFirst().arguments();
  }

  @Test
  void knowsUnderWhichConditionItJumps() {
    // cmp $16,%rdi; jbe malloc; ret
    FunctionProbe small = choose("48 83 ff 10 0f 86 f6 ff 00 00" + RET, PAIR, withMalloc(""));
    assertThat(small.tailJumps())
        .singleElement()
        .satisfies(jump -> {
          assertThat(jump.facts().arguments().getFirst()).isEqualTo(new Bounds(0, 16));
          assertThat(jump.condition()).hasValue(6);
          assertThat(jump.probeable()).isTrue();
        });
    assertThat(small.ends().getFirst().facts().arguments().getFirst().isAtLeast(17)).isTrue();
  }

  @Test
  void seesThatCodeRunsOnIntoAnotherFunction() {
    // mov %rdi,%rsi; nop, and malloc begins
    ObjectCode object =
        new ObjectCode((a, n) -> new byte[0], Map.of(START + 4, "malloc"), Map.of(), Map.of());
    FunctionProbe probe = choose("48 89 fe 90", PAIR, object);

    assertThat(jumps(probe)).containsExactly("0x10003 malloc");
    assertThat(probe.tailJumps().getFirst().condition()).isEmpty();
    assertThat(probe.tailJumps().getFirst().probeable()).isTrue();
  }

  @Test
  void takesTheFirstInstructionWhereAnotherFunctionJumpsIn() {
    FunctionCode function = new FunctionCode("f", START, HexFormat.of().parseHex("4885ff555dc3"));
    // jmp to its third byte
    FunctionCode other = new FunctionCode("g", START + 16, HexFormat.of().parseHex("ebf1"));
    SiteChooser alone = new SiteChooser(InstructionSet.X86_64, ObjectCode.unknown());
    SiteChooser both =
        new SiteChooser(
            InstructionSet.X86_64, ObjectCode.unknown(), List.of(function, other), false);

    assertThat(alone.choose(function, ENTRY).site().offset()).isEqualTo(3);
    ProbeSite site = both.choose(function, ENTRY).site();
    assertThat(site.offset()).isZero();
    assertThat(site.reason()).contains("other code jumps into the function");
  }

  @Test
  void aCallTakesAProbeUnlessThereIsAShadowStack() {
    FunctionCode free = new FunctionCode("f", START, HexFormat.of().parseHex("e800000000c3"));
    ProbeSite plain = choose("e8 00 00 00 00" + RET, FREE).site();
    ProbeSite shadowed =
        new SiteChooser(InstructionSet.X86_64, ObjectCode.unknown(), List.of(free), true)
            .choose(free, FREE)
            .site();

    assertThat(plain.cost()).isEqualTo(Cost.EMULATED);
    assertThat(shadowed.cost()).isEqualTo(Cost.REFUSED);
    assertThat(shadowed.reason()).contains("shadow stacks");
  }

  @Test
  void aFunctionWithoutSizeIsProbedAtItsFirstInstruction() {
    FunctionCode function =
        new FunctionCode("f", START, HexFormat.of().parseHex("4889fe55c3"), false);
    FunctionProbe probe =
        new SiteChooser(
                InstructionSet.X86_64,
                new ObjectCode(
                    (a, n) -> Arrays.copyOfRange(function.code(), (int) (a - START), 5),
                    Map.of(),
                    Map.of(),
                    Map.of()))
            .choose(function, ENTRY);

    assertThat(probe.site().offset()).isZero();
    assertThat(probe.site().instruction()).isEqualTo("mov %rdi,%rsi");
    assertThat(probe.site().reason()).contains("symbol");
    assertThat(probe.body()).containsExactly(new FunctionProbe.CodeRange(START, START + 5));
  }

  @Test
  void seesCallsOfHookedFunctions() {
    // sub $8,%rsp; call malloc; add $8,%rsp; ret
    FunctionProbe direct =
        choose("48 83 ec 08 e8 f7 ff 00 00 48 83 c4 08" + RET, PAIR, withMalloc(""));
    assertThat(direct.calls()).containsExactly("malloc");
    assertThat(direct.ends()).hasSize(1);
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
        .containsExactly("malloc");
    assertThat(choose("e9 fb ff 00 00", PAIR, withMalloc("")).delegates())
        .containsExactly("malloc");
    // test %rdi,%rdi; jne malloc; ret
    assertThat(choose("48 85 ff 0f 85 f7 ff 00 00" + RET, PAIR, withMalloc("")).delegates())
        .isEmpty();
    assertThat(choose("53 5b" + RET, PAIR, withMalloc("")).delegates()).isEmpty();
  }

  @Test
  void delegatesIfOnlyNullReturnsAtOnce() {
    // test %rdi,%rdi; jne malloc; ret, which for a free is what delete does with NULL
    assertThat(choose("48 85 ff 0f 85 f7 ff 00 00" + RET, FREE, withMalloc("")).delegates())
        .containsExactly("malloc");
    // test %rsi,%rsi: another argument
    assertThat(choose("48 85 f6 0f 85 f7 ff 00 00" + RET, FREE, withMalloc("")).delegates())
        .isEmpty();
  }

  @Test
  void delegatesByWayOfFunctionsThatItCalls() {
    // push %rbx; call 0x30000; pop %rbx; ret, and there: call malloc; ret
    assertThat(
            choose("53 e8 fa ff 01 00 5b" + RET, PAIR, withMalloc("e8 fb ff fe ff c3")).delegates())
        .containsExactly("malloc");
    // there: test %rdi,%rdi; je malloc; ret
    assertThat(
            choose("53 e8 fa ff 01 00 5b" + RET, PAIR, withMalloc("48 85 ff 0f 84 f7 ff fe ff c3"))
                .delegates())
        .isEmpty();
    // there: a call of itself; ret
    assertThat(
            choose("53 e8 fa ff 01 00 5b" + RET, PAIR, withMalloc("e8 fb ff ff ff c3")).delegates())
        .isEmpty();
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
