package org.memstacks.collect;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** Addresses whose object changed from one look to the next. */
class ReplacedCodeTest {
  private static final CodeArea PROGRAM = area(0x1000, new CodeModule(Optional.empty()));
  private static final CodeArea LIBRARY = area(0x8000, new CodeModule(Optional.empty()));
  private static final CodeArea OTHER = area(0x8800, new CodeModule(Optional.empty()));

  @Test
  void isWhereTheyOverlap() {
    assertThat(ReplacedCode.between(List.of(PROGRAM, LIBRARY), List.of(PROGRAM, OTHER), 3))
        .containsExactly(new ReplacedCode(3, 0x8800, 0x9000));
  }

  @Test
  void isNothingWhereCodeOnlyComesOrGoes() {
    assertThat(ReplacedCode.between(List.of(PROGRAM), List.of(PROGRAM, LIBRARY), 0)).isEmpty();
    assertThat(ReplacedCode.between(List.of(PROGRAM, LIBRARY), List.of(PROGRAM), 0)).isEmpty();
  }

  @Test
  void isNothingThatNoObjectDescribes() {
    CodeArea compiled = area(0x8000, CodeModule.UNDESCRIBED);
    assertThat(ReplacedCode.between(List.of(compiled), List.of(OTHER), 0)).isEmpty();
    assertThat(ReplacedCode.between(List.of(LIBRARY), List.of(compiled), 0)).isEmpty();
  }

  @Test
  void concernsStacksOfItsEpochThatLeadThroughIt() {
    ReplacedCode replaced = new ReplacedCode(1, 0x8800, 0x9000);
    assertThat(replaced.isIn(stack(1, 0x1100, 0x8900))).isTrue();
    assertThat(replaced.isIn(stack(1, 0x8800))).isTrue();
    assertThat(replaced.isIn(stack(1, 0x9000, 0x87ff))).isFalse();
    assertThat(replaced.isIn(stack(2, 0x8900))).isFalse();
  }

  private static RawStack stack(int epoch, long... frames) {
    return new RawStack(Optional.of("malloc"), frames, StackEnd.COMPLETE, epoch);
  }

  private static CodeArea area(long start, CodeModule module) {
    return new CodeArea(start, start + 0x1000, start, module);
  }
}
