package org.memstacks.unwind;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.memstacks.elf.ElfBuilder;
import org.memstacks.elf.ElfFile;
import org.memstacks.elf.SymbolTable;

class StartCodeTest {
  private static final Path MUSL = Path.of("/usr/lib/x86_64-linux-musl/libc.so");

  private static final Path LINKER = Path.of("/lib64/ld-linux-x86-64.so.2");

  private static final long ENTRY = 0x2000;
  private static final long CALLS_MAIN = 0x2100;
  private static final long CALLS_THREAD = 0x2200;
  private static final long PASSES_ON = 0x2300;
  private static final long CLONE = 0x2400;
  private static final long EXIT = 0x2500;
  private static final long THREAD_EXIT = 0x2600;
  private static final long OTHER = 0x2700;
  private static final int CODE_BYTES = 0x800;

  /** Behind the call by pointer, which has two bytes. */
  private static final int RETURNED = 2;

  @Test
  void muslCallsMainWhereItExitsWithItsResult() throws IOException {
    assumeTrue(Files.exists(MUSL), MUSL + " is not installed");
    try (ElfFile elf = ElfFile.open(MUSL)) {
      UnwindTable table = UnwindTable.build(elf, Runnable::run).orElseThrow();
      SymbolTable names = elf.dynsym().orElseThrow();
      long exit = names.address(names.find("exit"));
      // call *%rbx; mov %eax,%edi; call
      String file = new String(Files.readAllBytes(MUSL), StandardCharsets.ISO_8859_1);
      int at = file.indexOf("\u00ff\u00d3\u0089\u00c7\u00e8");
      assertThat(at).isPositive();
      long returned = elf.address(at).orElseThrow() + RETURNED;
      int distance =
          ByteBuffer.wrap(Files.readAllBytes(MUSL)).order(ByteOrder.LITTLE_ENDIAN).getInt(at + 5);
      assertThat(returned + 7 + distance).isEqualTo(exit);

      assertThat(table.ruleAt(returned - 1)).isEqualTo(UnwindRow.END);
      assertThat(table.ruleAt(returned)).isEqualTo(UnwindRow.GAP);
      assertThat(table.ruleAt(elf.entry())).isEqualTo(UnwindRow.END);
      // Besides, two kinds of threads, and clone's function.
      long named = names.size(names.find("__libc_start_main"));
      assertThat(table.bytesByType()[UnwindRow.END] - named).isBetween(4L, 64L);
      for (String name : new String[] {"strdup", "fdopen", "getdelim", "qsort_r", "setenv"}) {
        long function = names.address(names.find(name));
        assertThat(table.ruleAt(function)).as(name).isEqualTo(UnwindRow.GAP);
      }
    }
  }

  /** Its entry calls what links the program, then constructors, and jumps to the program's own. */
  @Test
  void theDynamicLinkersEntryEndsWithItsJumpToTheProgram() throws IOException {
    assumeTrue(Files.exists(LINKER), LINKER + " is not installed");
    try (ElfFile elf = ElfFile.open(LINKER)) {
      UnwindTable table = UnwindTable.build(elf, Runnable::run).orElseThrow();
      String code =
          new String(
              elf.bytesAt(elf.entry(), 64).toArray(ValueLayout.JAVA_BYTE),
              StandardCharsets.ISO_8859_1);
      int jump = code.indexOf("\u00ff\u00e4");
      assertThat(jump).isPositive();
      for (int at = 0; at < jump; at++) {
        assertThat(table.ruleAt(elf.entry() + at)).as("+%d", at).isEqualTo(UnwindRow.END);
      }
    }
  }

  @Test
  void inACLibraryTheResultGoesToOneOfTheFunctionsThatExit() throws IOException {
    UnwindTable table =
        build(
            new ElfBuilder()
                .dynamic()
                .function("__libc_start_main", OTHER, 16, SymbolTable.STB_GLOBAL)
                .function("exit", EXIT, 16, SymbolTable.STB_GLOBAL)
                .function("pthread_exit", THREAD_EXIT, 16, SymbolTable.STB_GLOBAL),
            ENTRY);

    assertEnd(table, CALLS_MAIN, UnwindRow.END);
    assertEnd(table, CALLS_THREAD, UnwindRow.END);
    assertEnd(table, CLONE, UnwindRow.END);
    assertEnd(table, PASSES_ON, UnwindRow.GAP);
    assertThat(table.ruleAt(ENTRY)).isEqualTo(UnwindRow.END);
    assertThat(table.ruleAt(ENTRY + 7)).isEqualTo(UnwindRow.END);
    assertThat(table.ruleAt(ENTRY + 8)).isEqualTo(UnwindRow.GAP);
  }

  @Test
  void inAStaticProgramNamesTell() throws IOException {
    UnwindTable table =
        build(
            new ElfBuilder()
                .function("libc_start_main_stage2", CALLS_MAIN, 32, SymbolTable.STB_LOCAL)
                .function("run_applet", CALLS_THREAD, 32, SymbolTable.STB_GLOBAL)
                .function("exit", EXIT, 16, SymbolTable.STB_GLOBAL)
                .function("__pthread_exit", THREAD_EXIT, 16, SymbolTable.STB_GLOBAL),
            ENTRY);

    assertThat(table.ruleAt(CALLS_MAIN)).isEqualTo(UnwindRow.END);
    assertThat(table.ruleAt(CALLS_MAIN + 31)).isEqualTo(UnwindRow.END);
    assertThat(table.ruleAt(CALLS_MAIN + 32)).isEqualTo(UnwindRow.GAP);
    // The program's own function may call pthread_exit, or exit, likewise.
    assertEnd(table, CALLS_THREAD, UnwindRow.GAP);
    assertEnd(table, PASSES_ON, UnwindRow.GAP);
  }

  @Test
  void withoutNamesItIsTheBeginOnlyWhereStacksBegin() throws IOException {
    UnwindTable table = build(new ElfBuilder(), ENTRY);

    assertEnd(table, CALLS_MAIN, UnwindRow.START);
    assertEnd(table, CALLS_THREAD, UnwindRow.START);
    assertEnd(table, CLONE, UnwindRow.END);
  }

  @Test
  void aLibraryBeginsNothing() throws IOException {
    UnwindTable table = build(new ElfBuilder(), 0);

    assertThat(table.bytesByType()[UnwindRow.END]).isZero();
    assertThat(table.bytesByType()[UnwindRow.START]).isZero();
  }

  @Test
  void aGapIsFilledOnlyByWhatLiesWithinIt() {
    long[] rows = {
      UnwindRow.pack(0x100, UnwindRow.RSP), UnwindRow.pack(0x200, UnwindRow.GAP),
      UnwindRow.pack(0x300, UnwindRow.RSP), UnwindRow.pack(0x400, UnwindRow.GAP)
    };

    assertThat(Gap.fill(rows, 0x200, 0x300, UnwindRow.END))
        .containsExactly(rows[0], UnwindRow.pack(0x200, UnwindRow.END), rows[2], rows[3]);
    assertThat(Gap.fill(rows, 0x210, 0x220, UnwindRow.END))
        .containsExactly(
            rows[0],
            rows[1],
            UnwindRow.pack(0x210, UnwindRow.END),
            UnwindRow.pack(0x220, UnwindRow.GAP),
            rows[2],
            rows[3]);
    assertThat(Gap.fill(rows, 0x80, 0x90, UnwindRow.END))
        .startsWith(UnwindRow.pack(0x80, UnwindRow.END), UnwindRow.pack(0x90, UnwindRow.GAP));
    assertThat(Gap.fill(rows, 0x400, 0x500, UnwindRow.END))
        .endsWith(UnwindRow.pack(0x400, UnwindRow.END), UnwindRow.pack(0x500, UnwindRow.GAP));
    assertThat(Gap.fill(rows, 0x2f0, 0x301, UnwindRow.END)).isSameAs(rows);
    assertThat(Gap.fill(rows, 0x150, 0x160, UnwindRow.END)).isSameAs(rows);
    assertThat(Gap.fill(rows, 0x210, 0x210, UnwindRow.END)).isSameAs(rows);
    assertThat(Gap.fill(rows, 0x410, 0x1_0000_0000L, UnwindRow.END)).isSameAs(rows);
  }

  private static void assertEnd(UnwindTable table, long function, int rule) {
    long returned = function + RETURNED;
    assertThat(table.ruleAt(returned - 1)).as("%#x", function).isEqualTo(rule);
    assertThat(table.ruleAt(returned)).as("behind %#x", function).isEqualTo(UnwindRow.GAP);
  }

  /** An object with code that begins programs and threads, and unwind information for none. */
  private static UnwindTable build(ElfBuilder builder, long entry) throws IOException {
    ByteBuffer code = ByteBuffer.allocate(CODE_BYTES).order(ByteOrder.LITTLE_ENDIAN);
    put(code, ENTRY, 0x48, 0x31, 0xed);
    call(code, OTHER);
    put(code, CALLS_MAIN, 0xff, 0xd3, 0x89, 0xc7);
    call(code, EXIT);
    put(code, CALLS_THREAD, 0xff, 0x13, 0x48, 0x89, 0xc7);
    call(code, THREAD_EXIT);
    put(code, PASSES_ON, 0xff, 0xd0, 0x89, 0xc7);
    call(code, OTHER);
    put(code, CLONE, 0xff, 0xd1, 0x89, 0xc7, 0x31, 0xc0, 0xb0, 0x3c, 0x0f, 0x05);
    byte[] object =
        builder
            .section(".code", 1, ENTRY, code.array())
            .section(
                ".eh_frame",
                1,
                EhFrameBuilder.ADDRESS,
                new EhFrameBuilder().function(0x1000, 0x1100).section())
            .bytes();
    ByteBuffer.wrap(object).order(ByteOrder.LITTLE_ENDIAN).putLong(24, entry);
    try (ElfFile elf = ElfFile.of(MemorySegment.ofArray(object), "built")) {
      return UnwindTable.build(elf, Runnable::run).orElseThrow();
    }
  }

  private static void put(ByteBuffer code, long address, int... bytes) {
    code.position((int) (address - ENTRY));
    for (int b : bytes) {
      code.put((byte) b);
    }
  }

  private static void call(ByteBuffer code, long target) {
    code.put((byte) 0xe8);
    code.putInt((int) (target - (ENTRY + code.position() + 4)));
  }
}
