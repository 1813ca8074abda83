package org.memstacks.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class DurationsTest {
  @Test
  void noneMeansUntilInterrupted() throws UsageException {
    assertThat(Durations.positional(List.of())).isEmpty();
  }

  @ParameterizedTest
  @CsvSource({"1, 1", "060, 60", "+5, 5", "31536000, 31536000"})
  void seconds(String text, long seconds) throws UsageException {
    assertThat(Durations.positional(List.of(text))).contains(Duration.ofSeconds(seconds));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "0",
        "-1",
        "",
        " 1",
        "1s",
        "1e9",
        "0x10",
        "\u0663",
        "31536001",
        "9223372036854775808"
      })
  void anythingElseIsRefusedAndShown(String text) {
    assertThatThrownBy(() -> Durations.positional(List.of(text)))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("not '" + text + "'")
        .hasMessageContaining("from 1 to 31536000");
  }

  @Test
  void twoAreOneTooMany() {
    assertThatThrownBy(() -> Durations.positional(List.of("1", "2")))
        .isInstanceOf(UsageException.class)
        .hasMessage("one duration in seconds is enough, not '1 2'");
  }

  @ParameterizedTest
  @CsvSource({"-1, true", "-9x, true", "-, false", "-f, false", "--1, false", "1, false"})
  void aNegativeNumberIsNoOption(String text, boolean number) {
    assertThat(Durations.looksLikeNumber(text)).isEqualTo(number);
  }
}
