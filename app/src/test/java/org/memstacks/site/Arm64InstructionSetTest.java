package org.memstacks.site;

import static org.assertj.core.api.Assertions.assertThat;
import static org.memstacks.site.Arm64InstructionSet.FP;
import static org.memstacks.site.Arm64InstructionSet.LR;
import static org.memstacks.site.Arm64InstructionSet.SP;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Words as GNU as assembles them. */
class Arm64InstructionSetTest {
  private static final long HERE = 0x1000;

  private static byte[] bytes(String word) {
    return ByteBuffer.allocate(4)
        .order(ByteOrder.LITTLE_ENDIAN)
        .putInt(Integer.parseUnsignedInt(word, 16))
        .array();
  }

  private static Instruction decode(String word) {
    return InstructionSet.AARCH64.decode(bytes(word), 0, HERE);
  }

  @ParameterizedTest
  @CsvSource({
    "b4000080, BRANCH_IF_ZERO, 0x1010, EMULATED, 'cbz x0, 0x1010'",
    "34000080, BRANCH, 0x1010, EMULATED, 'cbz w0, 0x1010'",
    "b5000080, BRANCH_IF_NOT_ZERO, 0x1010, EMULATED, 'cbnz x0, 0x1010'",
    "b6400080, BRANCH, 0x1010, EMULATED, 'tbz x0, #40, 0x1010'",
    "14000004, JUMP, 0x1010, EMULATED, b 0x1010",
    "17fffffc, JUMP, 0xff0, EMULATED, b 0xff0",
    "54000040, BRANCH_IF_ZERO, 0x1008, EMULATED, b.eq 0x1008",
    "54000048, BRANCH, 0x1008, EMULATED, b.hi 0x1008",
    "90000001, NEXT, 0, EMULATED, adrp x1",
    "10000001, NEXT, 0, EMULATED, adr x1",
    "d61f0220, INDIRECT_JUMP, 0, EMULATED, instruction 0xd61f0220",
    "94000004, CALL, 0x1010, REFUSED, bl 0x1010",
    "d63f0020, INDIRECT_CALL, 0, REFUSED, instruction 0xd63f0020",
    "d65f03c0, RETURN, 0, REFUSED, ret",
    "d503201f, NEXT, 0, SINGLE_STEPPED, nop",
    "d503233f, NEXT, 0, SINGLE_STEPPED, paciasp",
    "d503245f, NEXT, 0, SINGLE_STEPPED, bti c",
    "d50323bf, NEXT, 0, REFUSED, instruction 0xd50323bf",
    "a9be7bfd, NEXT, 0, SINGLE_STEPPED, 'stp x29, x30, [sp, #-32]!'",
    "58000041, NEXT, 0, REFUSED, instruction 0x58000041",
    "c85f7c20, NEXT, 0, REFUSED, instruction 0xc85f7c20",
    "f8e20023, NEXT, 0, SINGLE_STEPPED, instruction 0xf8e20023",
    "d53bd041, NEXT, 0, REFUSED, instruction 0xd53bd041",
    "d5033bbf, NEXT, 0, SINGLE_STEPPED, instruction 0xd5033bbf",
    "d4000001, NEXT, 0, REFUSED, instruction 0xd4000001",
    "d4200020, TRAP, 0, REFUSED, instruction 0xd4200020"
  })
  void readsInstructions(String word, Flow flow, String target, Cost cost, String text) {
    Instruction i = decode(word);

    assertThat(i.length()).isEqualTo(4);
    assertThat(i.flow()).isEqualTo(flow);
    assertThat(i.target()).isEqualTo(Long.decode(target));
    assertThat(i.cost()).isEqualTo(cost);
    assertThat(InstructionSet.AARCH64.text(bytes(word), 0, HERE)).isEqualTo(text);
  }

  @Test
  void knowsTheRegistersWritten() {
    assertThat(decode("f9400420").writes()).isEqualTo(1L); // ldr x0, [x1, #8]
    assertThat(decode("f8408420").writes()).isEqualTo(1L | 1L << 1); // ldr x0, [x1], #8
    assertThat(decode("f9000420").writes()).isZero(); // str x0, [x1, #8]
    assertThat(decode("f81f0fe0").writes()).isEqualTo(1L << SP); // str x0, [sp, #-16]!
    assertThat(decode("a9be7bfd").writes()).isEqualTo(1L << SP); // stp x29, x30, [sp, #-32]!
    assertThat(decode("a8c27bfd").writes()) // ldp x29, x30, [sp], #32
        .isEqualTo(1L << FP | 1L << LR | 1L << SP);
    assertThat(decode("6dbf27e8").writes()).isEqualTo(1L << SP); // stp d8, d9, [sp, #-16]!
    assertThat(decode("f8e20023").writes(3)).isTrue(); // ldaddal x2, x3, [x1]
    assertThat(decode("910043ff").writes()).isEqualTo(1L << SP); // add sp, sp, #16
    assertThat(decode("f100001f").writes()).isEqualTo(Instruction.FLAGS); // cmp x0, #0
    assertThat(decode("ea00001f").writes()).isEqualTo(Instruction.FLAGS); // tst x0, x0
    assertThat(decode("aa010000").writes()).isEqualTo(1L); // orr x0, x0, x1
    assertThat(decode("9e660000").writes(0)).isTrue(); // fmov x0, d0
    assertThat(decode("d503233f").writes()).isEqualTo(1L << LR); // paciasp
    assertThat(decode("d503245f").writes()).isZero(); // bti c
    assertThat(decode("94000004").writes(0)).isTrue(); // bl
    assertThat(decode("94000004").writes(19)).isFalse();
    assertThat(decode("d4000001").writes()).isEqualTo(Instruction.EVERYTHING); // svc
  }

  @Test
  void followsCopiesAndTheStackPointer() {
    assertThat(decode("aa0003f3").effect()).isEqualTo(new Effect.Derived(19, 0, 0));
    assertThat(decode("910003fd").effect()).isEqualTo(new Effect.Derived(FP, SP, 0));
    assertThat(decode("91000400").effect()).isEqualTo(new Effect.Derived(0, 0, 1));
    assertThat(decode("d14007ff").effect()).isEqualTo(new Effect.Derived(SP, SP, -4096));
    assertThat(decode("a9be7bfd").effect()).isEqualTo(new Effect.Derived(SP, SP, -32));
    assertThat(decode("a8c27bfd").effect()).isEqualTo(new Effect.Derived(SP, SP, 32));
    assertThat(decode("6dbf27e8").effect()).isEqualTo(new Effect.Derived(SP, SP, -16));
    assertThat(decode("f81f0fe0").effect()).isEqualTo(new Effect.Derived(SP, SP, -16));
    assertThat(decode("d2800000").effect()).isEqualTo(new Effect.Constant(0, 0));
    assertThat(decode("2a1f03e0").effect()).isEqualTo(new Effect.Constant(0, 0));
    assertThat(decode("f100001f").effect()).isEqualTo(new Effect.TestedForZero(0));
    assertThat(decode("ea00001f").effect()).isEqualTo(new Effect.TestedForZero(0));
    assertThat(decode("b4000080").effect()).isEqualTo(new Effect.TestedForZero(0));
    assertThat(decode("34000080").effect()).isEqualTo(Effect.NOTHING);
  }

  @Test
  void doesNotGuess() {
    assertThat(decode("04200000").known()).isFalse(); // SVE
    assertThat(InstructionSet.AARCH64.decode(new byte[7], 4, HERE).known()).isFalse();
    assertThat(decode("00000000").flow()).isEqualTo(Flow.TRAP); // udf
  }
}
