package org.memstacks.target;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class KernelVersionTest {
  @ParameterizedTest
  @CsvSource({
    "6.18.44, 6.18.44",
    "6.1.0-13-amd64, 6.1.0",
    "5.15.153.1-microsoft-standard-WSL2, 5.15.153",
    "6.14-rc3, 6.14.0",
    "6.14.0-rc3+, 6.14.0",
    "4.18.0-553.el8_10.x86_64, 4.18.0",
  })
  void releasesOfDistributionsAreRead(String release, String version) throws IOException {
    assertThat(KernelVersion.parse(release)).hasToString(version);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "linux", "6", "x.y.z", "99999.1.1"})
  void otherTextIsNone(String release) {
    assertThatThrownBy(() -> KernelVersion.parse(release)).isInstanceOf(IOException.class);
  }

  @Test
  void theyAreOrdered() throws IOException {
    assertThat(KernelVersion.parse("6.12.14").isAtLeast(6, 12, 14)).isTrue();
    assertThat(KernelVersion.parse("6.12.13").isAtLeast(6, 12, 14)).isFalse();
    assertThat(KernelVersion.parse("7.0").isAtLeast(6, 12, 14)).isTrue();
    assertThat(KernelVersion.parse("5.19.17").isAtLeast(6, 0, 0)).isFalse();
    assertThat(KernelVersion.running().isAtLeast(5, 0, 0)).isTrue();
  }
}
