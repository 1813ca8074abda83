package org.memstacks.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.memstacks.elf.SymbolTable.STB_GLOBAL;

import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.memstacks.bpf.Layouts.FrameChunk;
import org.memstacks.collect.Profiles;
import org.memstacks.collect.RawStack;
import org.memstacks.collect.StackEnd;
import org.memstacks.collect.StackValue;
import org.memstacks.elf.ElfBuilder;
import org.memstacks.symbol.FrameStyle;
import org.memstacks.symbol.Symbolizer;

class StackNamerTest {
  private static final long MAIN = 0x401000;
  private static final long LEAK = 0x401100;
  private static final long HOSTILE = 0x401200;

  private Symbolizer symbolizer;

  @BeforeEach
  void open() throws IOException {
    symbolizer =
        MappedProgram.symbols(
            new ElfBuilder()
                .function("main", 0x1000, 0x100, STB_GLOBAL)
                .function("_Z4leaki", 0x1100, 0x100, STB_GLOBAL)
                .function("a;b\nc 3", 0x1200, 0x100, STB_GLOBAL));
  }

  @AfterEach
  void close() throws IOException {
    symbolizer.close();
  }

  @Test
  void framesGoFromTheProcessToTheAllocationFunction() {
    assertThat(names(FrameStyle.PLAIN, value(10, 1, LEAK + 4, MAIN + 8)))
        .containsExactly(new NamedStack(List.of("app", "main", "leak(int)", "malloc"), 10, 1));
  }

  @Test
  void aReturnAddressIsNamedByTheCallBeforeItAndAnInterruptedOneByItself() {
    assertThat(names(FrameStyle.PLAIN, value(10, 1, LEAK)))
        .containsExactly(new NamedStack(List.of("app", "main", "malloc"), 10, 1));
    assertThat(names(FrameStyle.PLAIN, value(10, 1, LEAK | FrameChunk.EXACT)))
        .containsExactly(new NamedStack(List.of("app", "leak(int)", "malloc"), 10, 1));
  }

  @Test
  void stacksThatDifferOnlyInOffsetsAreOne() {
    StackValue[] values = {
      value(10, 1, LEAK + 4, MAIN + 8), value(5, 2, LEAK + 9, MAIN + 8), value(1, 4, MAIN + 8)
    };
    assertThat(names(FrameStyle.PLAIN, values))
        .containsExactly(
            new NamedStack(List.of("app", "main", "malloc"), 1, 4),
            new NamedStack(List.of("app", "main", "leak(int)", "malloc"), 15, 3));
    assertThat(names(new FrameStyle(true, false), values))
        .as("with offsets they differ")
        .hasSize(3);
  }

  @Test
  void recursionIsKept() {
    assertThat(names(FrameStyle.PLAIN, value(1, 1, MAIN + 8, MAIN + 8, MAIN + 8)).getFirst())
        .extracting(NamedStack::folded)
        .isEqualTo("app;main;main;main;malloc");
  }

  @Test
  void theyAreOrderedByBytesThenByName() {
    assertThat(
            names(
                FrameStyle.PLAIN,
                value(9, 1, LEAK + 4),
                value(7, 1, HOSTILE + 4),
                value(7, 9, MAIN + 4),
                value(7, 1, 0x5)))
        .extracting(NamedStack::folded)
        .containsExactly(
            "app;[unknown];malloc",
            "app;a:b?c 3;malloc",
            "app;main;malloc",
            "app;leak(int);malloc");
  }

  @Test
  void noNameBreaksALine() {
    NamedStack stack =
        new StackNamer("my;app\n", symbolizer, FrameStyle.PLAIN, false)
            .name(Profiles.of(value(3, 1, HOSTILE + 4)))
            .getFirst();
    assertThat(stack.folded()).isEqualTo("my:app?;a:b?c 3;malloc");
  }

  @Test
  void whatHasNoStackHasItsOwnFrame() {
    assertThat(
            new StackNamer("app", symbolizer, FrameStyle.PLAIN, false)
                .name(Profiles.withoutStack(100, 2, value(3, 1, MAIN + 4))))
        .containsExactly(
            new NamedStack(List.of("app", "main", "malloc"), 3, 1),
            new NamedStack(List.of("app", "[no stack: stack store full]"), 100, 2));
  }

  @Test
  void aStackThatBreaksOffSaysSoAtItsRoot() {
    RawStack cut =
        new RawStack(Optional.of("calloc"), new long[] {MAIN + 4}, StackEnd.READ_FAULT, 0);
    assertThat(names(FrameStyle.PLAIN, new StackValue(cut, 1, 1)).getFirst().frames())
        .containsExactly(
            "app", "[truncated: " + StackEnd.READ_FAULT.reason() + "]", "main", "calloc");
  }

  private List<NamedStack> names(FrameStyle style, StackValue... values) {
    return new StackNamer("app", symbolizer, style, false).name(Profiles.of(values));
  }

  private static StackValue value(long bytes, long blocks, long... returnAddresses) {
    return new StackValue(
        new RawStack(
            Optional.of("malloc"),
            Arrays.copyOf(returnAddresses, returnAddresses.length),
            StackEnd.COMPLETE,
            0),
        bytes,
        blocks);
  }
}
