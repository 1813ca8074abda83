package org.memstacks.collect;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Optional;
import org.junit.jupiter.api.Test;

class SharedTablesTest {
  private static final TraceOptions OPTIONS =
      new TraceOptions(false, 0, 32_768, 3_000_000, false, Optional.empty());

  @Test
  void oneProcessHasAll() {
    SharedTables alone = SharedTables.among(1, OPTIONS);
    assertThat(alone.isShared()).isFalse();
    assertThat(alone.stacks()).isEqualTo(32_768);
    assertThat(alone.liveBlocks()).isEqualTo(3_000_000);
  }

  @Test
  void severalHaveEqualParts() {
    SharedTables tables = SharedTables.among(9, OPTIONS);
    assertThat(tables.isShared()).isTrue();
    assertThat(tables.stacks()).isEqualTo(3640);
    assertThat(tables.liveBlocks()).isEqualTo(333_333);
    assertThat(tables.share(5)).isEqualTo(1);
  }

  @Test
  void liveBlocksGoToWhoNeedsThem() {
    LiveBudget budget = new LiveBudget(100);
    assertThat(budget.take(30)).isEqualTo(30);
    assertThat(budget.take(80)).isEqualTo(70);
    assertThat(budget.take(1)).isZero();
    budget.giveBack(30);
    assertThat(budget.take(80)).isEqualTo(30);
  }
}
