package org.memstacks.collect;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class TraceWindowTest {
  private final TraceWindow window = new TraceWindow();

  @Test
  void itGoesOnUntilItIsStoppedOrClosed() {
    window.open();
    assertThat(window.isRecording()).isTrue();
    assertThat(window.lastMoment()).isBetween(window.begin(), BlockClock.now());
    assertThat(window.isClosed()).isFalse();
  }

  @Test
  void itEndsWhereItWasStopped() {
    window.open();
    window.stop();
    long stopped = window.lastMoment();
    assertThat(window.isRecording()).isFalse();
    assertThat(window.isClosed()).isFalse();
    window.close();
    assertThat(window.isClosed()).isTrue();
    assertThat(window.lastMoment()).isEqualTo(stopped);
  }

  @Test
  void itEndsWithItsTargetHoweverLateThatIsNoticed() {
    window.open();
    long ended = BlockClock.now();
    window.targetEnded(ended);
    window.targetEnded(ended + 1);
    window.close();
    assertThat(window.lastMoment()).isEqualTo(ended);
  }

  @Test
  void aTargetThatEndedBeforeItLeavesNoTime() {
    window.open();
    window.targetEnded(window.begin() - 1);
    window.close();
    assertThat(window.lastMoment()).isEqualTo(window.begin());
  }
}
