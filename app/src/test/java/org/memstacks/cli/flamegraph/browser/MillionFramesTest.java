package org.memstacks.cli.flamegraph.browser;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedOutputStream;
import java.io.ByteArrayInputStream;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Isolated;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.memstacks.cli.flamegraph.FlamegraphMain;
import org.memstacks.cli.flamegraph.bench.FrameCount;
import org.memstacks.cli.flamegraph.bench.StackGenerator;

/**
 * How large a picture of a million frames is, and how fast it answers in the browser. Other work on
 * the machine makes single measurements longer, never shorter: of several the shortest counts, and
 * no more are made than it takes.
 */
@Tag("slow")
@Tag("browser")
@Isolated("it measures times")
class MillionFramesTest {
  private static final long SEED = 1;
  private static final int ATTEMPTS = 20;

  /** In milliseconds. */
  private static final double FIRST_ZOOM = 1500;

  private static final double ANSWER = 100;
  private static final double CALLERS = 500;

  /** When what was done is painted: a task behind the next frame. */
  private static final String PAINTED =
      "requestAnimationFrame(() => { const c = new MessageChannel();"
          + " c.port1.onmessage = () => { painted = performance.now(); }; c.port2.postMessage(0); })";

  private static final String NOTE_CLICK =
      "painted = pressed = 0; addEventListener('click', (e) => { pressed = e.timeStamp; "
          + PAINTED
          + "; }, { capture: true, once: true })";

  private static final String NOTE_KEY =
      "painted = pressed = 0; addEventListener('keydown', (e) => { pressed = e.timeStamp; },"
          + " { capture: true, once: true }); new MutationObserver((_, o) => { o.disconnect(); "
          + PAINTED
          + "; }).observe(document.querySelector('.matched'), { childList: true })";

  /** The middle of a frame about half as wide as the window. */
  private static final String HALF_WIDE =
      "(() => { const w = (g) => g.querySelector('rect').getBoundingClientRect().width;"
          + " const all = [...document.querySelectorAll('#frames [role=treeitem]:not(.run)')]"
          + ".sort((a, b) => w(b) - w(a)); const r = (all.find((g) => w(g) < 600) || all.at(-1))"
          + ".querySelector('rect').getBoundingClientRect();"
          + " return [r.x + r.width / 2, r.y + r.height / 2].join(); })()";

  private static final String MIDDLE_OF =
      "(r => [r.x + r.width / 2, r.y + r.height / 2].join())"
          + "(document.querySelector('[data-action=%s]').getBoundingClientRect())";

  @TempDir private Path folder;

  @BeforeEach
  void needsABrowser() {
    Assumptions.assumeTrue(Browser.available(), "no Chromium installed");
  }

  @ParameterizedTest
  @CsvSource({"DEEP, 127000, 4000000", "FLAT, 11000, 8000000"})
  void aMillionFramesFitIntoAFewMegabytesAndAnswerAtOnce(
      StackGenerator.Shape shape, int stacks, long mostBytes) throws Exception {
    Path picture = draw(shape, stacks);
    assertThat(Files.size(picture)).isLessThanOrEqualTo(mostBytes);
    List<Double> firstZoom = new ArrayList<>();
    List<Double> click = new ArrayList<>();
    List<Double> key = new ArrayList<>();
    List<Double> callers = new ArrayList<>();
    boolean met = false;
    for (int attempt = 0; attempt < ATTEMPTS && !met; attempt++) {
      try (Browser browser = new Browser()) {
        browser.resize(1200, 800);
        browser.open(picture, "");
        click.add(click(browser, HALF_WIDE));
        firstZoom.add(browser.evaluate("painted").getAsDouble());
        key.add(lastKeyOf("cache", browser));
        callers.add(click(browser, MIDDLE_OF.formatted("reversed")));
      }
      met =
          Collections.min(firstZoom) < FIRST_ZOOM
              && Collections.min(click) < ANSWER
              && Collections.min(key) < ANSWER
              && Collections.min(callers) < CALLERS;
    }
    String all =
        "%s: first zoom %s, click %s, key %s, callers %s"
            .formatted(shape, firstZoom, click, key, callers);
    assertThat(Collections.min(firstZoom)).as(all).isLessThan(FIRST_ZOOM);
    assertThat(Collections.min(click)).as(all).isLessThan(ANSWER);
    assertThat(Collections.min(key)).as(all).isLessThan(ANSWER);
    assertThat(Collections.min(callers)).as(all).isLessThan(CALLERS);
  }

  private Path draw(StackGenerator.Shape shape, int stacks) throws Exception {
    Path input = folder.resolve("input");
    try (OutputStream out = new BufferedOutputStream(Files.newOutputStream(input), 1 << 20)) {
      StackGenerator.write(shape, stacks, SEED, out);
    }
    Path picture = folder.resolve("picture.svg");
    int exit =
        FlamegraphMain.run(
            new String[] {"-o", picture.toString(), input.toString()},
            new ByteArrayInputStream(new byte[0]),
            OutputStream.nullOutputStream(),
            new PrintStream(OutputStream.nullOutputStream()));
    assertThat(exit).isZero();
    assertThat(FrameCount.inPicture(picture))
        .isEqualTo(FrameCount.inInput(input))
        .isBetween(900_000L, 1_100_000L);
    return picture;
  }

  /** Milliseconds from a click at a place to its effect painted. */
  private static double click(Browser browser, String place) {
    String[] at = browser.text(place).split(",");
    browser.evaluate(NOTE_CLICK);
    browser.click(Double.parseDouble(at[0]), Double.parseDouble(at[1]));
    return untilPainted(browser);
  }

  /** Milliseconds from the last key of a search to its matches painted. */
  private static double lastKeyOf(String pattern, Browser browser) {
    browser.key("/");
    browser.type(pattern.substring(0, pattern.length() - 1));
    browser.waitFor("document.querySelector('.matched').textContent !== ''");
    browser.pause(100);
    browser.evaluate(NOTE_KEY);
    browser.key(pattern.substring(pattern.length() - 1));
    return untilPainted(browser);
  }

  private static double untilPainted(Browser browser) {
    browser.waitFor("painted > 0");
    return browser.evaluate("painted - pressed").getAsDouble();
  }
}
