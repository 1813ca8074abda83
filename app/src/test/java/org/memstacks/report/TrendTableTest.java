package org.memstacks.report;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import org.junit.jupiter.api.Test;
import org.memstacks.collect.Outstanding;
import org.memstacks.collect.Survivors;
import org.memstacks.collect.Verdict;

/** The ranking and the texts made of it, character by character. */
class TrendTableTest {
  private static final Trend LEAK =
      trend("leak", 377_344, 1_748, 9.9, Verdict.GROWING, 35_635.2, 15);
  private static final Trend SMALL_LEAK = trend("drip", 800, 8, 9.5, Verdict.GROWING, 80, 15);
  private static final Trend CACHE =
      trend("cache", 900_000_000, 12, 500, Verdict.STEADY, 1_000_000, 9);
  private static final Trend REQUEST =
      trend("request", 64, 1_000_000, 9000, Verdict.IN_FLIGHT, -2048, 7);

  private final StringBuilder out = new StringBuilder();

  @Test
  void whatGrowsComesFirstInEveryOrder() {
    List<Trend> trends = List.of(REQUEST, CACHE, SMALL_LEAK, LEAK);
    for (TrendOrder order : TrendOrder.values()) {
      assertThat(order.rank(trends)).containsExactly(LEAK, SMALL_LEAK, CACHE, REQUEST);
    }
  }

  @Test
  void amongEqualVerdictsTheKeyDecides() {
    Trend fast = trend("fast", 10, 1, 1, Verdict.GROWING, 9, 1);
    Trend many = trend("many", 20, 9, 2, Verdict.GROWING, 1, 1);
    Trend old = trend("old", 15, 2, 3, Verdict.GROWING, 2, 1);
    List<Trend> trends = List.of(fast, many, old);
    assertThat(TrendOrder.GROWTH.rank(trends)).containsExactly(fast, old, many);
    assertThat(TrendOrder.COUNT.rank(trends)).containsExactly(many, old, fast);
    assertThat(TrendOrder.BYTES.rank(trends)).containsExactly(many, old, fast);
    assertThat(TrendOrder.AGE.rank(trends)).containsExactly(old, many, fast);
  }

  @Test
  void amongEqualKeysTheMostBytesComeFirst() {
    Trend few = trend("a", 24, 1, 1, Verdict.STEADY, 0, 1);
    Trend most = trend("b", 4_600_000, 1, 1, Verdict.STEADY, 0, 1);
    for (TrendOrder order : TrendOrder.values()) {
      assertThat(order.rank(List.of(few, most))).containsExactly(most, few);
    }
  }

  @Test
  void theTableHasALineAStack() throws IOException {
    TrendTable.write(List.of(LEAK, CACHE, REQUEST, SMALL_LEAK), 3, true, out);
    assertThat(out.toString())
        .isEqualTo(
            """
                  bytes    blocks       growth      age    grew  verdict    allocated in
              368.5 KiB     1,748  +34.8 KiB/s    9.9 s   15/15  growing    leak < main
              858.3 MiB        12 +976.6 KiB/s    8 min    9/15  steady     cache < main
                   64 B 1,000,000   -2.0 KiB/s    2.5 h    7/15  in flight  request < main
            """);
  }

  @Test
  void longPathsAreCut() {
    assertThat(TrendTable.path(List.of("app", "malloc"))).isEqualTo("malloc");
    assertThat(TrendTable.path(List.of("app", "main", "malloc"))).isEqualTo("main");
    assertThat(TrendTable.path(List.of("app", "main", "load", "mmap")))
        .isEqualTo("mmap < load < main");
    assertThat(
            TrendTable.path(List.of("app", "a", "b", "c", "d", "e", "f", "g", "h", "i", "malloc")))
        .isEqualTo("i < h < g < f < e < d < c < b < ...");
    assertThat(
            TrendTable.path(
                List.of(
                    "app",
                    "main",
                    "N::Cache<int>::add(int)",
                    "void std::vector<int>::_M_realloc_insert<int>(int*)",
                    "operator new(unsigned long)",
                    "malloc")))
        .as("how C++ takes memory is not who wants it")
        .isEqualTo("N::Cache::add < main");
    assertThat(TrendTable.path(List.of("app", "x".repeat(80), "y".repeat(80), "malloc")))
        .isEqualTo("y".repeat(80) + " < ...");
  }

  @Test
  void theReportShowsWholeStacks() throws IOException {
    SequencedMap<String, String> facts = new LinkedHashMap<>(Map.of("process", "app\n(PID 1)"));
    LeakReport.write(facts, List.of(LEAK, CACHE), 1, out);
    assertThat(out.toString())
        .isEqualTo(
            """
            process       app (PID 1)

            1. growing: 368.5 KiB in 1,748 blocks, +34.8 KiB/s, oldest 9.9 s, grew in 15 of 15 looks
                malloc
                leak
                main
                app

            1 more (--top)
            """);
  }

  @Test
  void contentsAreTextOrHexadecimal() {
    assertThat(BlockText.of("token=1\0\1\2".getBytes())).containsExactly("\"token=1\"");
    assertThat(BlockText.of("abcd".getBytes())).containsExactly("\"abcd\"");
    assertThat(BlockText.of("abc\0".getBytes()))
        .containsExactly("0000  61 62 63 00" + " ".repeat(37) + " |abc.|");
    assertThat(BlockText.of("abcd\33[31m".getBytes()))
        .as("no control character reaches the terminal")
        .allMatch(line -> line.chars().noneMatch(Character::isISOControl));
    assertThat(BlockText.of(new byte[33])).hasSize(3).last().asString().startsWith("0020  00 ");
  }

  private static Trend trend(
      String function,
      long bytes,
      long blocks,
      double age,
      Verdict verdict,
      double growth,
      int rises) {
    Outstanding outstanding =
        new Outstanding(
            bytes,
            blocks,
            (long) (age * 1e9),
            new long[4],
            new Survivors(0, 0),
            new Survivors(0, 0),
            new long[0],
            new long[0],
            0);
    return new Trend(
        List.of("app", "main", function, "malloc"),
        List.of(),
        outstanding,
        verdict,
        growth,
        rises,
        15,
        rises == 15);
  }
}
