package org.memstacks.flamegraph.paint;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.nio.charset.StandardCharsets;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TextTest {
  private static final long SEED = 11;

  private static byte[] bytes(int... values) {
    byte[] bytes = new byte[values.length];
    for (int i = 0; i < values.length; i++) {
      bytes[i] = (byte) values[i];
    }
    return bytes;
  }

  @Test
  void bytesThatAreNotUtf8AreShown() {
    assertThat(DisplayName.of(bytes('a', 0xFF, 'b'))).isEqualTo("a\\xffb");
    assertThat(DisplayName.of(bytes(0xC3, 0xA9))).isEqualTo("é");
    assertThat(DisplayName.of(bytes(0xC0, 0x80))).isEqualTo("\\xc0\\x80");
    assertThat(DisplayName.of(bytes(0xED, 0xA0, 0x80))).isEqualTo("\\xed\\xa0\\x80");
    assertThat(DisplayName.of(bytes(0xF4, 0x90, 0x80, 0x80))).isEqualTo("\\xf4\\x90\\x80\\x80");
    assertThat(DisplayName.of(bytes(0xE2, 0x82))).isEqualTo("\\xe2\\x82");
    assertThat(DisplayName.of(bytes(0xF0, 0x9F, 0x94, 0xA5))).isEqualTo("🔥");
  }

  @Test
  void whatCannotBeSeenIsShown() {
    assertThat(DisplayName.of(bytes(0, 7, 0x1B, 0x7F, '\t')))
        .isEqualTo("\\x00\\x07\\x1b\\x7f\\x09");
    assertThat(DisplayName.of("a\u202Eb\u2066c\u200F\u061C"))
        .isEqualTo("a\\u{202e}b\\u{2066}c\\u{200f}\\u{61c}");
    assertThat(DisplayName.of("\uFFFE\uFFFF\u2028\u0085\uD800"))
        .isEqualTo("\\u{fffe}\\u{ffff}\\u{2028}\\u{85}\\u{d800}");
  }

  @Test
  void escapesForContentAndAttributes() {
    assertThat(new String(XmlOut.escaped("<a&b>\"'\u0001é"), StandardCharsets.UTF_8))
        .isEqualTo("&lt;a&amp;b&gt;&quot;&#39; é");
  }

  @ParameterizedTest
  @CsvSource({"_[k]", "_[w]", "_[i]", "_[j]"})
  void marksAreNotDisplayed(String mark) {
    assertThat(Labels.withoutMark("read" + mark)).isEqualTo("read");
    assertThat(Labels.withoutMark("read" + mark + "x")).isEqualTo("read" + mark + "x");
  }

  @Test
  void otherMarksStay() {
    assertThat(Labels.withoutMark("read_[x]")).isEqualTo("read_[x]");
    assertThat(Labels.withoutMark("_[k]")).isEmpty();
  }

  @ParameterizedTest
  @CsvSource({
    "0, 0 B",
    "1023, 1023 B",
    "1024, 1.00 KiB",
    "1536, 1.50 KiB",
    "10240, 10.0 KiB",
    "104857600, 100 MiB",
    "1099511627776, 1.00 TiB",
    "-2048, -2.00 KiB"
  })
  void unitsArePowersOf1024(double bytes, String human) {
    assertThat(Units.human(bytes)).isEqualTo(human);
  }

  @ParameterizedTest
  @CsvSource({"1, 1", "999, 999", "1000, '1,000'", "1234567, '1,234,567'", "-1000, '-1,000'"})
  void thousandsAreSetApart(String digits, String grouped) throws IOException {
    assertThat(Counts.grouped(digits)).isEqualTo(grouped);
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    XmlOut out = new XmlOut(bytes);
    out.grouped(Long.parseLong(digits)).flush();
    assertThat(bytes.toString(StandardCharsets.US_ASCII)).isEqualTo(grouped);
  }

  @Test
  void countsRoundHalfToEven() {
    assertThat(new Counts(1, null, 10).printed(65)).isEqualTo("6");
    assertThat(new Counts(1, null, 10).printed(75)).isEqualTo("8");
    assertThat(new Counts(1, new BigDecimal("10"), 10).printed(37)).isEqualTo("37");
    assertThat(new Counts(0, new BigDecimal("0.5"), 10).printed(Long.MAX_VALUE))
        .isEqualTo("4611686018427387904");
  }

  @Test
  void numbersRoundAsInC() throws IOException {
    Random random = new Random(SEED);
    for (int i = 0; i < 200_000; i++) {
      double x =
          i % 2 == 0 ? random.nextInt(100_000) / 8.0 : random.nextDouble() * Math.pow(10, i % 7);
      ByteArrayOutputStream bytes = new ByteArrayOutputStream();
      XmlOut out = new XmlOut(bytes);
      out.twoDecimals(x).flush();
      String exact = new BigDecimal(x).setScale(2, RoundingMode.HALF_EVEN).toPlainString();
      assertThat(bytes.toString(StandardCharsets.US_ASCII)).isEqualTo(exact);
      assertThat(Fixed.toString(x, 2)).isEqualTo(exact);
    }
  }
}
