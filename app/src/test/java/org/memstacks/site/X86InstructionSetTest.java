package org.memstacks.site;

import static org.assertj.core.api.Assertions.assertThat;
import static org.memstacks.site.X86InstructionSet.R8;
import static org.memstacks.site.X86InstructionSet.RAX;
import static org.memstacks.site.X86InstructionSet.RBP;
import static org.memstacks.site.X86InstructionSet.RBX;
import static org.memstacks.site.X86InstructionSet.RCX;
import static org.memstacks.site.X86InstructionSet.RDI;
import static org.memstacks.site.X86InstructionSet.RDX;
import static org.memstacks.site.X86InstructionSet.RSI;
import static org.memstacks.site.X86InstructionSet.RSP;

import java.util.HexFormat;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class X86InstructionSetTest {
  private static final long HERE = 0x1000;

  private static byte[] bytes(String hex) {
    return HexFormat.of().parseHex(hex.replace(" ", ""));
  }

  private static Instruction decode(String hex) {
    return InstructionSet.X86_64.decode(bytes(hex), 0, HERE);
  }

  @ParameterizedTest
  @CsvSource({
    "53, 1, push %rbx",
    "41 54, 2, push %r12",
    "90, 1, nop",
    "66 90, 2, nop (2 bytes)",
    "f3 90, 2, pause",
    "f3 0f 1e fa, 4, endbr64",
    "0f 1f 44 00 00, 5, nop (5 bytes)",
    "48 85 ff, 3, 'test %rdi,%rdi'",
    "48 89 fb, 3, 'mov %rdi,%rbx'",
    "48 83 ec 18, 4, 'sub $0x18,%rsp'",
    "48 81 ff 00 10 00 00, 7, 'cmp $0x1000,%rdi'",
    "80 3d 46 1b 14 00 00, 7, cmp",
    "74 10, 2, je 0x1012",
    "0f 84 fa ff ff ff, 6, je 0x1000",
    "eb fe, 2, jmp 0x1000",
    "e9 fb 0f 00 00, 5, jmp 0x2000",
    "e8 fb 0f 00 00, 5, call 0x2000",
    "66 66 48 e8 00 00 00 00, 8, call 0x1008",
    "c3, 1, ret",
    "48 b8 88 77 66 55 44 33 22 11, 10, mov",
    "64 48 8b 04 25 28 00 00 00, 9, mov",
    "f7 c7 ff 0f 00 00, 6, test",
    "f7 e6, 2, mul",
    "c5 fa 6f 05 3f 2c 00 00, 8, vector opcode 0f 6f",
    "62 f1 7d 48 6f 47 01, 7, vector opcode 0f 6f",
    "66 0f 3a 0f c1 08, 6, opcode 0f 3a 0f",
    "f0 0f b1 55 00, 5, lock opcode 0f b1"
  })
  void readsInstructions(String hex, int length, String text) {
    assertThat(decode(hex).length()).isEqualTo(length);
    assertThat(InstructionSet.X86_64.text(bytes(hex), 0, HERE)).isEqualTo(text);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "41",
        "48 8b",
        "e8 00 00 00",
        "06",
        "9a 00 00 00 00 00 00",
        "66 e9 00 00",
        "8f e8 78 c0 c1 00",
        "c7 f8 00 00 00 00",
        "0f 0f c0 b4",
        "66 0f 78 c0 01 02"
      })
  void doesNotGuess(String hex) {
    Instruction i = decode(hex);

    assertThat(i.known()).isFalse();
    assertThat(i.length()).isZero();
    assertThat(i.writes(RDI)).isTrue();
  }

  @ParameterizedTest
  @CsvSource({
    "74 10, BRANCH_IF_ZERO, 0x1012",
    "75 10, BRANCH_IF_NOT_ZERO, 0x1012",
    "0f 87 00 01 00 00, BRANCH_IF_ABOVE, 0x1106",
    "0f 88 00 01 00 00, BRANCH, 0x1106",
    "e3 02, BRANCH, 0x1004",
    "e9 00 00 00 00, JUMP, 0x1005",
    "e8 00 00 00 00, CALL, 0x1005",
    "ff 25 00 01 00 00, JUMP_THROUGH_SLOT, 0x1106",
    "f2 ff 25 00 01 00 00, JUMP_THROUGH_SLOT, 0x1107",
    "ff 15 00 01 00 00, CALL_THROUGH_SLOT, 0x1106",
    "ff e0, INDIRECT_JUMP, 0",
    "3e ff e0, INDIRECT_JUMP, 0",
    "ff 24 c5 00 00 00 00, INDIRECT_JUMP, 0",
    "ff d0, INDIRECT_CALL, 0",
    "c3, RETURN, 0",
    "f3 c3, RETURN, 0",
    "0f 0b, TRAP, 0",
    "f4, TRAP, 0",
    "0f 05, NEXT, 0",
    "ff 35 00 01 00 00, NEXT, 0"
  })
  void knowsWhereExecutionGoes(String hex, Flow flow, String target) {
    assertThat(decode(hex).flow()).isEqualTo(flow);
    assertThat(decode(hex).target()).isEqualTo(Long.decode(target));
  }

  @Test
  void knowsTheRegistersWritten() {
    assertThat(decode("48 89 fb").writes()).isEqualTo(1L << RBX); // mov %rdi,%rbx
    assertThat(decode("48 8b 3c 24").writes()).isEqualTo(1L << RDI); // mov (%rsp),%rdi
    assertThat(decode("48 89 3c 24").writes()).isZero(); // mov %rdi,(%rsp)
    assertThat(decode("53").writes()).isEqualTo(1L << RSP);
    assertThat(decode("5f").writes()).isEqualTo(1L << RSP | 1L << RDI);
    assertThat(decode("48 f7 e6").writes()) // mul %rsi
        .isEqualTo(1L << RAX | 1L << RDX | Instruction.FLAGS);
    assertThat(decode("48 87 f7").writes()).isEqualTo(1L << RDI | 1L << RSI); // xchg
    assertThat(decode("88 c7").writes()).isEqualTo(1L << RBX); // mov %al,%bh
    assertThat(decode("40 88 c7").writes()).isEqualTo(1L << RDI); // mov %al,%dil
    assertThat(decode("40 0f 94 c7").writes()).isEqualTo(1L << RDI); // sete %dil
    assertThat(decode("f3 48 ab").writes(RDI)).isTrue(); // rep stos
    assertThat(decode("f3 0f 1e fa").writes()).isZero(); // endbr64
    assertThat(decode("48 85 ff").writes()).isEqualTo(Instruction.FLAGS);
    assertThat(decode("0f a2").writes(RBX)).isTrue(); // cpuid
    assertThat(decode("e8 00 00 00 00").writes(RDI)).isTrue();
    assertThat(decode("e8 00 00 00 00").writes(RBP)).isFalse();
    assertThat(decode("c4 e2 fb f6 f1").writes(RSI)).isTrue(); // mulx %rcx,%rax,%rsi
    assertThat(decode("c4 e2 fb f6 f1").writes(RAX)).isTrue();
    assertThat(decode("48 0f c1 c1").writes()) // xadd %rax,%rcx
        .isEqualTo(1L << RAX | 1L << RCX | Instruction.FLAGS);
  }

  @Test
  void followsCopiesAndTheStackPointer() {
    assertThat(decode("48 89 fb").effect()).isEqualTo(new Effect.Derived(RBX, RDI, 0));
    assertThat(decode("48 8b df").effect()).isEqualTo(new Effect.Derived(RBX, RDI, 0));
    assertThat(decode("89 fb").effect()).isEqualTo(Effect.NOTHING); // 32 bits only
    assertThat(decode("53").effect()).isEqualTo(new Effect.Derived(RSP, RSP, -8));
    assertThat(decode("41 5c").effect()).isEqualTo(new Effect.Derived(RSP, RSP, 8)); // pop %r12
    assertThat(decode("5c").effect()).isEqualTo(Effect.NOTHING); // pop %rsp
    assertThat(decode("48 83 ec 18").effect()).isEqualTo(new Effect.Derived(RSP, RSP, -24));
    assertThat(decode("48 83 c4 80").effect()).isEqualTo(new Effect.Derived(RSP, RSP, -128));
    assertThat(decode("48 8d 65 d8").effect()).isEqualTo(new Effect.Derived(RSP, RBP, -40));
    assertThat(decode("48 8d 64 24 08").effect()).isEqualTo(new Effect.Derived(RSP, RSP, 8));
    assertThat(decode("48 8d 64 c4 08").effect()).isEqualTo(Effect.NOTHING); // indexed
    assertThat(decode("48 83 e4 f0").effect()).isEqualTo(Effect.NOTHING); // and
    assertThat(decode("c9").effect()).isEqualTo(new Effect.Derived(RSP, RBP, 8));
    assertThat(decode("31 c0").effect()).isEqualTo(new Effect.Constant(RAX, 0));
    assertThat(decode("45 31 c0").effect()).isEqualTo(new Effect.Constant(R8, 0));
    assertThat(decode("31 c8").effect()).isEqualTo(Effect.NOTHING);
    assertThat(decode("48 85 ff").effect()).isEqualTo(new Effect.TestedForZero(RDI));
    assertThat(decode("48 83 ff 00").effect()).isEqualTo(new Effect.TestedForZero(RDI));
    assertThat(decode("85 ff").effect()).isEqualTo(Effect.NOTHING); // a pointer has 64 bits
    assertThat(decode("48 85 f7").effect()).isEqualTo(Effect.NOTHING);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "53",
        "41 54",
        "90",
        "66 90",
        "74 00",
        "0f 84 00 00 00 00",
        "eb 00",
        "e8 00 00 00 00",
        "e9 00 00 00 00",
        "f2 e9 00 00 00 00"
      })
  void kernelEmulates(String hex) {
    assertThat(decode(hex).cost()).isEqualTo(Cost.EMULATED);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "48 53", "6a 01", "ff 74 24 08", "f3 90", "0f 1f 00", "0f 1f 40 00", "f3 0f 1e fa",
        "ff e0", "ff 25 00 00 00 00", "e3 00", "c3", "48 85 ff", "48 89 fb", "48 8d 47 07",
        "48 83 ec 18", "5b", "64 48 8b 04 25 00 00 00 00", "0f a2", "48 ab"
      })
  void kernelSingleSteps(String hex) {
    assertThat(decode(hex).cost()).isEqualTo(Cost.SINGLE_STEPPED);
  }

  @ParameterizedTest
  @CsvSource({
    "f0 83 00 01, lock prefix",
    "2e 74 00, branch hint",
    "3e ff e0, notrack",
    "c5 fa 6f 05 00 00 00 00, VEX",
    "0f 0b, ud2",
    "cc, int3",
    "f4, hlt",
    "66 48 e9 00 00 00 00, branch with an operand size",
    "0f 05, system call out of line",
    "41 90, xchg of r8 taken for a nop",
    "49 90, xchg of r8 taken for a nop",
    "f3 48 ab, one trap for each repetition",
    "0f 1f 44 00 00, replaced by a call"
  })
  void noProbeMaySitOn(String hex, String why) {
    assertThat(decode(hex).cost()).as(why).isEqualTo(Cost.REFUSED);
  }

  @Test
  void followsComputedJumps() {
    assertThat(computed("ff e2")).contains(new ComputedTarget(2, -1, 0, 0, false)); // *%rdx
    assertThat(computed("41 ff e3")).contains(new ComputedTarget(11, -1, 0, 0, false)); // *%r11
    assertThat(computed("ff 20")).contains(new ComputedTarget(0, -1, 0, 0, true)); // *(%rax)
    assertThat(computed("ff 60 f8")).contains(new ComputedTarget(0, -1, 0, -8, true));
    assertThat(computed("ff 25 c2 2c 00 00")) // *0x2cc2(%rip)
        .contains(new ComputedTarget(ComputedTarget.INSTRUCTION, -1, 0, 0x2cc2 + 6, true));
    assertThat(computed("43 ff 64 f4 10")) // *0x10(%r12,%r14,8)
        .contains(new ComputedTarget(12, 14, 3, 16, true));
    assertThat(computed("ff 24 c5 00 10 40 00")) // *0x401000(,%rax,8)
        .contains(new ComputedTarget(ComputedTarget.NONE, 0, 3, 0x401000, true));
    assertThat(computed("ff 24 24")).isEmpty(); // *(%rsp)
    assertThat(computed("64 ff 20")).isEmpty(); // *%fs:(%rax)
    assertThat(computed("ff d2")).isEmpty(); // call *%rdx
    assertThat(computed("eb 00")).isEmpty();
  }

  private static Optional<ComputedTarget> computed(String hex) {
    return InstructionSet.X86_64.computedTarget(
        HexFormat.of().parseHex(hex.replace(" ", "")), 0, HERE);
  }

  @Test
  void anyBytesDecodeToSomethingWithinThemOrToNothing() {
    Random random = new Random(20260101);
    byte[] code = new byte[24];
    for (int round = 0; round < 300_000; round++) {
      random.nextBytes(code);
      int offset = random.nextInt(code.length + 1);
      Instruction i = InstructionSet.X86_64.decode(code, offset, HERE);
      assertThat(i.length())
          .isBetween(i.known() ? 1 : 0, Math.min(X86Decoder.MAX_LENGTH, code.length - offset));
      assertThat(InstructionSet.X86_64.text(code, offset, HERE)).isNotEmpty();
    }
  }
}
