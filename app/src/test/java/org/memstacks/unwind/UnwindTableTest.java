package org.memstacks.unwind;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ForkJoinPool;
import org.junit.jupiter.api.Test;
import org.memstacks.elf.ElfBuilder;
import org.memstacks.elf.ElfException;
import org.memstacks.elf.ElfFile;
import org.memstacks.target.Mapping;
import org.memstacks.target.MemoryMap;
import org.memstacks.target.TargetFiles;

class UnwindTableTest {
  private static final int ADVANCE = 0x40;
  private static final int DEF_CFA_EXPRESSION = 0x0f;
  private static final int EXPRESSION = 0x10;
  private static final int UNDEFINED = 0x07;

  @Test
  void aFrameOnTheStackPointer() throws IOException {
    // push %rbp at 0x1001, sub $24 at 0x1005, and back.
    assertThat(
            rows(
                0x1000,
                0x1040,
                ADVANCE | 1,
                0x0e,
                16,
                0x86,
                2,
                ADVANCE | 4,
                0x0e,
                40,
                ADVANCE | 32,
                0x0e,
                8,
                0xc6))
        .containsExactly(
            "1000 rsp+8 rbp same",
            "1001 rsp+16 rbp @cfa-16",
            "1005 rsp+40 rbp @cfa-16",
            "1025 rsp+8 rbp same",
            "1040 gap");
  }

  @Test
  void aFrameOnTheFramePointer() throws IOException {
    assertThat(rows(0x1000, 0x1010, ADVANCE | 1, 0x0e, 16, 0x86, 2, ADVANCE | 3, 0x0d, 6))
        .containsExactly(
            "1000 rsp+8 rbp same",
            "1001 rsp+16 rbp @cfa-16",
            "1004 rbp+16 rbp @cfa-16",
            "1010 gap");
  }

  @Test
  void rememberedStatesComeBack() throws IOException {
    assertThat(
            rows(
                0x1000,
                0x1020,
                ADVANCE | 1,
                0x0e,
                16,
                0x0a,
                ADVANCE | 1,
                0x0e,
                8,
                ADVANCE | 1,
                0x0b))
        .containsExactly(
            "1000 rsp+8 rbp same",
            "1001 rsp+16 rbp same",
            "1002 rsp+8 rbp same",
            "1003 rsp+16 rbp same",
            "1020 gap");
  }

  @Test
  void anUndefinedReturnAddressEndsTheStack() throws IOException {
    assertThat(rows(0x1000, 0x1010, UNDEFINED, 16)).containsExactly("1000 end", "1010 gap");
  }

  @Test
  void aPltTakesItsThresholdFromTheExpression() throws IOException {
    assertThat(
            rows(
                0x1000,
                0x1020,
                DEF_CFA_EXPRESSION,
                11,
                0x77,
                8,
                0x80,
                0,
                0x3f,
                0x1a,
                0x35,
                0x2a,
                0x33,
                0x24,
                0x22))
        .containsExactly("1000 plt 5", "1020 gap");
  }

  @Test
  void aRealignedFrameReadsItsCfaFromTheStack() throws IOException {
    // GCC: CFA = [rbp-8], rbp = [rbp].
    assertThat(
            rows(0x1000, 0x1010, DEF_CFA_EXPRESSION, 3, 0x76, 0x78, 6, EXPRESSION, 6, 2, 0x76, 0))
        .containsExactly("1000 [rbp-8]+0 rbp @rbp", "1010 gap");
    // OpenSSL: CFA = [rsp+152]+8, rbp at CFA-24.
    assertThat(rows(0x1000, 0x1010, DEF_CFA_EXPRESSION, 6, 0x77, 0x98, 1, 6, 0x23, 8, 0x86, 3))
        .containsExactly("1000 [rsp+152]+8 rbp @cfa-24", "1010 gap");
  }

  @Test
  void aSignalFrameIsOneOnlyInTheKernelsShape() throws IOException {
    int[] kernel = {
      DEF_CFA_EXPRESSION,
      4,
      0x77,
      0xa0,
      1,
      6,
      EXPRESSION,
      6,
      3,
      0x77,
      0xf8,
      0,
      EXPRESSION,
      16,
      3,
      0x77,
      0xa8,
      1
    };
    try (var elf = new EhFrameBuilder("zRS").function(0x1000, 0x1010, kernel).build()) {
      assertThat(text(UnwindTable.build(elf, Runnable::run).orElseThrow()))
          .containsExactly("1000 signal", "1010 gap");
    }
    kernel[3] = 0xa8;
    try (var elf = new EhFrameBuilder("zRS").function(0x1000, 0x1010, kernel).build()) {
      assertThat(text(UnwindTable.build(elf, Runnable::run).orElseThrow()))
          .containsExactly("1000 unsupported", "1010 gap");
    }
  }

  @Test
  void whatTheRowsCannotSayIsSaid() throws IOException {
    assertThat(rows(0x1000, 0x1010, 0x0e, 0x80, 0x80, 0x10))
        .containsExactly("1000 unfit", "1010 gap");
    assertThat(rows(0x1000, 0x1010, 0x0d, 3)).containsExactly("1000 cfa in rbx", "1010 gap");
    assertThat(rows(0x1000, 0x1010, 0x0d, 10)).containsExactly("1000 unsupported", "1010 gap");
    assertThat(rows(0x1000, 0x1010, 0x09, 6, 11))
        .containsExactly("1000 rsp+8 rbp lost", "1010 gap");
    assertThat(rows(0x1000, 0x1010, 0x16, 7, 2, 0x77, 8))
        .containsExactly("1000 unsupported", "1010 gap");
  }

  @Test
  void functionsAreSortedAndBytesBetweenThemAreGaps() throws IOException {
    try (var elf =
        new EhFrameBuilder()
            .function(0x1100, 0x1120)
            .function(0x1000, 0x1008, 0x0e, 16)
            .function(0x1010, 0x1020)
            .build()) {
      assertThat(text(UnwindTable.build(elf, Runnable::run).orElseThrow()))
          .containsExactly(
              "1000 rsp+16 rbp same",
              "1008 gap",
              "1010 rsp+8 rbp same",
              "1020 gap",
              "1100 rsp+8 rbp same",
              "1120 gap");
    }
  }

  @Test
  void largeGapsAreCodeOfAnotherGenerator() throws IOException {
    byte[] frames =
        new EhFrameBuilder()
            .function(0x40000, 0x40010)
            .function(0x41000, 0x41010)
            .function(0x81010, 0x81020)
            .section();
    try (var elf =
        new ElfBuilder()
            .section(".eh_frame", 1, EhFrameBuilder.ADDRESS, frames)
            .section(".other", 1, 0xe0000, new byte[0x1000])
            .build()) {
      long end = elf.segments().getFirst().fileSize();
      assertThat(text(UnwindTable.build(elf, Runnable::run).orElseThrow()))
          .containsExactly(
              "0 frame pointer",
              "40000 rsp+8 rbp same",
              "40010 gap",
              "41000 rsp+8 rbp same",
              "41010 frame pointer",
              "81010 rsp+8 rbp same",
              "81020 frame pointer",
              Long.toHexString(end) + " gap");
    }
  }

  @Test
  void aFunctionThatReachesIntoTheNextIsCutOff() throws IOException {
    try (var elf =
        new EhFrameBuilder()
            .function(0x1000, 0x1fff, ADVANCE | 1, 0x0e, 16, 0x02, 0x80, 0x0e, 24)
            .function(0x1040, 0x1050)
            .build()) {
      assertThat(text(UnwindTable.build(elf, Runnable::run).orElseThrow()))
          .containsExactly(
              "1000 rsp+8 rbp same", "1001 rsp+16 rbp same", "1040 rsp+8 rbp same", "1050 gap");
    }
  }

  @Test
  void aFunctionWhoseInstructionsMakeNoSenseIsUnsupportedAsAWhole() throws IOException {
    try (var elf =
        new EhFrameBuilder()
            .function(0x1000, 0x1010)
            .function(0x1010, 0x1020, ADVANCE | 1, 0x0e, 16, ADVANCE | 1, 0x3f)
            .function(0x1020, 0x1030)
            .build()) {
      UnwindTable table = UnwindTable.build(elf, Runnable::run).orElseThrow();
      assertThat(text(table))
          .containsExactly(
              "1000 rsp+8 rbp same", "1010 unsupported", "1020 rsp+8 rbp same", "1030 gap");
      assertThat(table.malformed()).isEqualTo(1);
      assertThat(table.bytesByType()[UnwindRow.UNSUPPORTED]).isEqualTo(16);
    }
  }

  @Test
  void descriptionsOutsideTheCodeAreLeftOut() throws IOException {
    try (var elf = new EhFrameBuilder().function(0x200000, 0x200010).build()) {
      assertThat(UnwindTable.build(elf, Runnable::run)).isEmpty();
    }
    assertThat(UnwindTable.build(new ElfBuilder().build(), Runnable::run)).isEmpty();
  }

  @Test
  void manyFunctionsOnSeveralThreadsGiveWhatOneThreadGives() throws IOException {
    EhFrameBuilder frames = new EhFrameBuilder();
    for (int i = 0; i < 40_000; i++) {
      long start = 0x1000 + 24L * (i * 7 % 40_000);
      frames.function(start, start + (i % 3 == 0 ? 4 : 20), ADVANCE | 1, 0x0e, 8 + 8 * (i % 5));
    }
    byte[] section = frames.section();
    var elf = new ElfBuilder().section(".eh_frame", 1, EhFrameBuilder.ADDRESS, section);
    try (var one = elf.build();
        var several = elf.build()) {
      UnwindTable expected = UnwindTable.build(one, Runnable::run).orElseThrow();
      UnwindTable actual = UnwindTable.build(several, ForkJoinPool.commonPool()).orElseThrow();
      assertThat(actual.rows()).isEqualTo(expected.rows());
      assertThat(actual.size()).isGreaterThan(40_000);
    }
  }

  @Test
  void rowsAreWrittenAsEightLittleEndianBytes() throws IOException {
    try (var elf = new EhFrameBuilder().function(0x1000, 0x1010).build();
        Arena arena = Arena.ofConfined()) {
      MemorySegment rows = arena.allocate(24);
      UnwindTable.build(elf, Runnable::run).orElseThrow().copyTo(rows, 8);
      assertThat(rows.asSlice(8).toArray(ValueLayout.JAVA_BYTE))
          .isEqualTo(
              EhFrameBuilder.bytes(0, 0x10, 0, 0, 0x11, 0, 0, 0, 0x10, 0x10, 0, 0, 0, 0, 0, 0));
    }
  }

  @Test
  void theVdsoHasATable() throws IOException {
    long pid = ProcessHandle.current().pid();
    Mapping vdso =
        MemoryMap.of(pid).executable().stream().filter(Mapping::isVdso).findFirst().orElseThrow();
    try (var elf = new TargetFiles(pid).openObject(vdso)) {
      UnwindTable table = UnwindTable.build(elf, Runnable::run).orElseThrow();
      long clock = elf.symbol("__vdso_clock_gettime").orElseThrow().address();
      assertThat(UnwindRow.text(table.ruleAt(clock))).isEqualTo("rsp+8 rbp same");
    }
  }

  @Test
  void otherProcessorsAreRefused() {
    byte[] bytes = new ElfBuilder().bytes();
    bytes[18] = (byte) 183;
    assertThatThrownBy(
            () -> {
              try (var elf = ElfFile.of(MemorySegment.ofArray(bytes), "arm")) {
                UnwindTable.build(elf, Runnable::run);
              }
            })
        .isInstanceOf(ElfException.class)
        .hasMessage("arm: unwind rows are made for x86-64 only");
  }

  private static List<String> rows(long start, long end, int... instructions) throws IOException {
    try (var elf = new EhFrameBuilder().function(start, end, instructions).build()) {
      return text(UnwindTable.build(elf, Runnable::run).orElseThrow());
    }
  }

  private static List<String> text(UnwindTable table) {
    List<String> result = new ArrayList<>();
    for (int i = 0; i < table.size(); i++) {
      long row = table.row(i);
      result.add(Long.toHexString(UnwindRow.pc(row)) + " " + UnwindRow.text(UnwindRow.rule(row)));
    }
    return result;
  }
}
