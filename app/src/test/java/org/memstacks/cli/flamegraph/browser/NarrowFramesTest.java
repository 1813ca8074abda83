package org.memstacks.cli.flamegraph.browser;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.memstacks.cli.flamegraph.Command;
import org.memstacks.cli.flamegraph.Picture;

/** Frames narrower than {@code --minwidth}: left out with a marker, and there after zooming. */
@Tag("browser")
class NarrowFramesTest {
  private static final String STACKS =
      "a;x;deep 60\na;y 30\na;z 5\na;z;w 4\nb;c 1\nb;d 60\nb;e 50\n%s"
          .formatted("f;g 10\nf;h 10\nf;i 10\nf;j 10\n");

  @RegisterExtension private static final Page page = new Page();

  private static List<String> wide() {
    return page.titles().stream().filter(title -> !title.contains("narrower")).toList();
  }

  @ParameterizedTest
  @ValueSource(strings = {"10%", "20%", "24%", "200", "60", "0", "0.1", "100%", "5000"})
  void theLivePictureHasTheFramesOfTheStaticOne(String least) throws Exception {
    List<String> drawn =
        Command.run(STACKS, "--minwidth", least).picture().frames().stream()
            .map(Picture.Frame::title)
            .toList();
    page.open(STACKS, "--minwidth", least);
    // The root is what is looked at, however narrow that may be.
    List<String> expected = drawn.isEmpty() ? List.of("all (250 samples, 100%)") : drawn;
    assertThat(wide()).containsExactlyInAnyOrderElementsOf(expected);
  }

  @Test
  void markersSayHowManyFramesAreLeftOutAndZoomingShowsThem() throws Exception {
    page.open(STACKS, "--minwidth", "20%");
    assertThat(page.titles())
        .contains("2 narrower frames (39 samples, 15.60%)", "1 narrower frame (40 samples, 16.00%)")
        .noneMatch(title -> title.startsWith("y ("));
    page.click("a (");
    assertThat(wide()).anyMatch(title -> title.startsWith("y (30"));
    assertThat(page.titles()).contains("1 narrower frame (9 samples, 3.60%)");
    page.click("1 narrower frame (9");
    assertThat(page.width("z (9")).isEqualTo(page.width("all"));
    assertThat(wide()).anyMatch(title -> title.startsWith("w (4"));
  }

  @Test
  void aMarkerOfFramesThatAreAllTooNarrowOpensAllTheSame() throws Exception {
    page.open("a;b 50\na;c 50\n", "--minwidth", "60%");
    page.click("2 narrower frames (100");
    assertThat(wide()).anyMatch(t -> t.startsWith("b (50")).anyMatch(t -> t.startsWith("c (50"));
    page.click("c (50");
    assertThat(page.width("c (50")).isEqualTo(page.width("all"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"20%", "200", "5000"})
  void theSearchGoesToFramesLeftOut(String least) throws Exception {
    page.open(STACKS, "--minwidth", least);
    for (String name : List.of("w", "c", "j")) {
      page.search("^" + name + "$");
      page.browser.key("Enter");
      assertThat(page.selected()).startsWith(name + " (");
      page.browser.key("Escape");
      page.browser.key("Escape");
    }
  }
}
