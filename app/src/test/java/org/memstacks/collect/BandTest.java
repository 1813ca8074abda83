package org.memstacks.collect;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.memstacks.collect.BlockOptions.Histogram;

class BandTest {
  @ParameterizedTest
  @CsvSource({
    "0, 0 B",
    "1, 1 B",
    "2, 2 to 3 B",
    "3, 2 to 3 B",
    "4, 4 to 7 B",
    "1023, 512 to 1023 B",
    "1024, 1 to 2 KiB",
    "1048575, 512 to 1024 KiB",
    "1048576, 1 to 2 MiB",
    "140737488355327, 64 to 128 TiB"
  })
  void sizesByPowersOfTwo(long bytes, String label) {
    assertThat(band(Histogram.SIZES, bytes, 0).label()).isEqualTo(label);
  }

  @ParameterizedTest
  @CsvSource({
    "0, under 1 s",
    "999, under 1 s",
    "1000, 1 s to 10 s",
    "59999, 10 s to 1 min",
    "60000, 1 min to 10 min",
    "600000, 10 min to 1 h",
    "3600000, over 1 h",
    "9999999999, over 1 h"
  })
  void agesAsPeopleCount(long millis, String label) {
    assertThat(band(Histogram.AGES, 1, TimeUnit.MILLISECONDS.toNanos(millis)).label())
        .isEqualTo(label);
  }

  @Test
  void bandsAscend() {
    Band last = band(Histogram.SIZES, 0, 0);
    for (int bits = 0; bits < 47; bits++) {
      Band next = band(Histogram.SIZES, 1L << bits, 0);
      assertThat(next).isGreaterThan(last);
      last = next;
    }
  }

  private static Band band(Histogram histogram, long bytes, long ageNanos) {
    return Band.of(histogram, Band.rank(histogram, bytes, ageNanos));
  }
}
