package org.memstacks.cli.flamegraph.browser;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Siblings that look alike: equal names in a flame chart, and names that differ in bytes only. */
@Tag("browser")
class AddressOfAlikeFramesTest {
  private static final String CHART = "m;a;p 50\nm;b 30\nm;a;q 90\n";

  @RegisterExtension private static final Page page = new Page();

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "a (50 | '#p=m;a,1'",
        "a (90 | '#p=m;a,2'",
        "p (50 | '#p=m;a,1;p'",
        "q (90 | '#p=m;a,2;q'",
        "b (30 | '#p=m;b'"
      })
  void theAddressLeadsBackToTheFrameClickedInAFlameChart(String frame, String address)
      throws Exception {
    page.open(CHART, "--flamechart");
    page.click(frame);
    assertThat(page.fragment()).isEqualTo(address);
    page.openAt(address, CHART, "--flamechart");
    assertThat(page.selected()).startsWith(frame);
    assertThat(page.width(frame)).isEqualTo(page.width("all"));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "'#p=m;a' | a (50",
        "'#p=m;a;q' | q (90",
        "'#p=m;a,1;q' | q (90",
        "'#p=m;a,7;q' | q (90",
        "'#p=m;a,2;p' | p (50"
      })
  void anAddressWithoutAFittingNumberLeadsToTheFirstFrameThatHasTheRest(
      String address, String frame) throws Exception {
    page.openAt(address, CHART, "--flamechart");
    assertThat(page.details()).startsWith("Function: " + frame);
    assertThat(page.width(frame)).isEqualTo(page.width("all"));
  }

  @Test
  void ofAPathThatIsGoneTheNumberedFrameIsShown() throws Exception {
    page.openAt("#p=m;a,2;gone", CHART, "--flamechart");
    assertThat(page.details()).contains("gone, is not in this picture");
    assertThat(page.selected()).startsWith("a (90");
  }

  @Test
  void afterHidingAFrameOfAFlameChartItsParentIsShown() throws Exception {
    page.open(CHART, "--flamechart");
    page.click("a (90");
    page.browser.key("h");
    assertThat(page.selected()).startsWith("m (80");
    assertThat(page.has("a (50")).isTrue();
    assertThat(page.has("b (30")).isTrue();
    page.browser.key("Backspace");
    assertThat(page.selected()).startsWith("a (90");
    assertThat(page.width("a (90")).isEqualTo(page.width("all"));
  }

  @Test
  void afterHidingAFrameItsParentIsShown() throws Exception {
    page.open("m;a;p 50\nm;b 30\n");
    page.click("a (50");
    page.browser.key("h");
    assertThat(page.selected()).startsWith("m (30");
    assertThat(page.has("b (30")).isTrue();
  }

  @Test
  void namesThatDifferInBytesOnlyAreToldApart(@TempDir Path folder) throws Exception {
    Path input = folder.resolve("input");
    Files.write(input, "m;\u00ff 30\nm;\\xff 40\n\\xff 5\n".getBytes(StandardCharsets.ISO_8859_1));
    page.open("", input.toString());
    for (String frame : new String[] {"\\\\xff (30", "\\\\xff (40"}) {
      page.open("", input.toString());
      page.click(frame);
      String address = page.fragment();
      assertThat(address).matches("#p=m;%5Cxff,[12]");
      page.openAt(address, "", input.toString());
      assertThat(page.details()).startsWith("Function: " + frame.substring(1));
      assertThat(page.width(frame)).isEqualTo(page.width("all"));
      page.browser.key("f");
      String focus = page.fragment();
      String focused = page.titles().getFirst();
      page.openAt(focus, "", input.toString());
      assertThat(page.titles().getFirst()).isEqualTo(focused);
    }
    page.openAt("", "", input.toString());
    page.click("\\\\xff (5");
    assertThat(page.fragment()).isEqualTo("#p=%5Cxff");
  }

  @Test
  void aNameThatEndsWithACommaAndANumberIsFound() throws Exception {
    String stacks = "a,2;x 5\na;y 5\n";
    page.open(stacks);
    page.click("x (5");
    assertThat(page.fragment()).isEqualTo("#p=a%2C2;x");
    for (String address : new String[] {"#p=a%2C2;x", "#p=a,2;x"}) {
      page.openAt(address, stacks);
      assertThat(page.details()).startsWith("Function: x (5");
    }
  }
}
