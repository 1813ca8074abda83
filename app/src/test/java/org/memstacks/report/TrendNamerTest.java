package org.memstacks.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.memstacks.collect.KnownBlocks.FOREVER;
import static org.memstacks.collect.KnownBlocks.WINDOW;
import static org.memstacks.collect.KnownBlocks.looks;
import static org.memstacks.collect.KnownBlocks.seen;
import static org.memstacks.collect.KnownBlocks.timeline;
import static org.memstacks.elf.SymbolTable.STB_GLOBAL;

import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.LongUnaryOperator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.memstacks.collect.KnownBlocks.Block;
import org.memstacks.collect.Observation;
import org.memstacks.collect.Outstanding;
import org.memstacks.collect.RawStack;
import org.memstacks.collect.StackEnd;
import org.memstacks.collect.Timeline;
import org.memstacks.collect.Verdict;
import org.memstacks.elf.ElfBuilder;
import org.memstacks.symbol.FrameStyle;
import org.memstacks.symbol.Symbolizer;

/** Recursion: each block has a stack of its own. */
class TrendNamerTest {
  private static final long WRAPPER = 0x401004;
  private static final long LEAF = 0x401104;
  private static final long OTHER = 0x401204;
  private static final long EVEN = 0x401304;
  private static final long ODD = 0x401404;
  private static final int DEPTH = 12;
  private static final long EVERY = 20;

  private final Timeline timeline = timeline(WINDOW, WINDOW, looks(WINDOW));
  private final Map<RawStack, Outstanding> stacks = new HashMap<>();
  private Symbolizer symbolizer;

  @BeforeEach
  void open() throws IOException {
    symbolizer =
        MappedProgram.symbols(
            new ElfBuilder()
                .function("xmalloc", 0x1000, 0x100, STB_GLOBAL)
                .function("leaf", 0x1100, 0x100, STB_GLOBAL)
                .function("other", 0x1200, 0x100, STB_GLOBAL)
                .function("even", 0x1300, 0x100, STB_GLOBAL)
                .function("odd", 0x1400, 0x100, STB_GLOBAL));
  }

  @AfterEach
  void close() throws IOException {
    symbolizer.close();
  }

  @Test
  void aLeakInStacksOfABlockEachGrowsInAll() {
    recurse(LEAF, born -> FOREVER);
    assertThat(trends())
        .hasSize((int) (WINDOW / EVERY))
        .allMatch(trend -> trend.verdict() == Verdict.GROWING);
    assertThat(trends().stream().mapToDouble(Trend::bytesPerSecond).sum())
        .as("ten bytes each")
        .isBetween(495.0, 505.0);
  }

  @Test
  void whatElseComesThroughTheSameWrapperDoesNot() {
    recurse(LEAF, born -> FOREVER);
    recurse(OTHER, born -> born + 3000);
    assertThat(trends())
        .allSatisfy(trend ->
            assertThat(trend.verdict() == Verdict.GROWING)
                .isEqualTo(trend.frames().contains("leaf")));
    assertThat(trends()).anyMatch(trend -> trend.frames().contains("other"));
  }

  /** Of the stacks of those that went nothing is live. */
  @Test
  void aCacheInStacksOfAnEntryEachIsNoLeak() {
    recurse(LEAF, born -> born + 8000 + born * 7919 % 16_000);
    assertThat(trends())
        .isNotEmpty()
        .noneMatch(trend -> trend.outstanding().blocks() == 0)
        .noneMatch(trend -> trend.verdict() == Verdict.GROWING);
    stacks.values().removeIf(outstanding -> outstanding.blocks() == 0);
    assertThat(trends())
        .as("were those unknown that went")
        .anyMatch(trend -> trend.verdict() == Verdict.GROWING);
  }

  @Test
  void aStackOfManyBlocksIsJudgedByItself() {
    recurse(LEAF, born -> FOREVER);
    List<Block> taken = new ArrayList<>();
    for (int i = 0; i < 100; i++) {
      taken.add(new Block(i, FOREVER, 10));
    }
    RawStack once = stack(WRAPPER, LEAF);
    stacks.put(once, seen(taken, timeline, WINDOW));
    assertThat(trends())
        .filteredOn(trend -> trend.verdict() != Verdict.GROWING)
        .singleElement()
        .satisfies(trend -> assertThat(trend.stacks()).containsExactly(once));
  }

  private void recurse(long caller, LongUnaryOperator dies) {
    for (long born = 0; born < WINDOW; born += EVERY) {
      long[] frames = new long[DEPTH + 2];
      frames[0] = WRAPPER;
      frames[1] = caller;
      for (int i = 0; i < DEPTH; i++) {
        frames[i + 2] = (born / EVERY >> i & 1) == 0 ? EVEN : ODD;
      }
      stacks.put(
          stack(frames),
          seen(List.of(new Block(born, dies.applyAsLong(born), 10)), timeline, WINDOW));
    }
  }

  private List<Trend> trends() {
    return new TrendNamer(new StackNamer("app", symbolizer, FrameStyle.PLAIN, false))
        .name(new Observation(timeline, stacks));
  }

  private static RawStack stack(long... frames) {
    return new RawStack(Optional.of("malloc"), frames, StackEnd.COMPLETE, 0);
  }
}
