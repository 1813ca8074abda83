package org.memstacks.cli.flamegraph.browser;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.memstacks.cli.flamegraph.Command;
import org.memstacks.cli.flamegraph.Picture;

@Tag("browser")
class InteractionTest {
  private static final String STACKS =
      """
      main;read;malloc 30
      main;parse;read;malloc 20
      main;parse;malloc 10
      main;write;flush 40
      """;

  @RegisterExtension private static final Page page = new Page();

  @BeforeEach
  void plainWindow() {
    page.browser.media("", "prefers-color-scheme", "light");
    page.browser.call("Emulation.setTouchEmulationEnabled", "enabled", false);
  }

  @Test
  void livePictureShowsTheFramesOfTheStaticOne() throws Exception {
    page.open(STACKS, "--width=1200");
    List<String> fixed = new ArrayList<>();
    for (Picture.Frame frame : Command.run(STACKS, "--width=1200").picture().frames()) {
      fixed.add(frame.title() + " " + frame.x() + " " + frame.width() + " " + frame.fill());
    }
    List<String> live =
        page.strings(
            "[...document.querySelectorAll('#frames [role=treeitem]')].map(g => { const r ="
                + " g.querySelector('rect'); return g.querySelector('title').textContent + ' ' +"
                + " (+r.getAttribute('x')).toFixed(1) + ' ' + (+r.getAttribute('width')).toFixed(1)"
                + " + ' ' + r.getAttribute('fill'); })");
    assertThat(live).containsExactlyInAnyOrderElementsOf(fixed);
  }

  @Test
  void clickZoomsAndBackAndResetReturn() throws Exception {
    page.open(STACKS);
    double whole = page.width("all");
    page.click("parse");
    assertThat(page.width("parse")).isEqualTo(whole);
    assertThat(page.width("malloc (10 ")).isCloseTo(whole / 3, within(0.1));
    assertThat(page.has("write")).isFalse();
    page.click("read (20");
    assertThat(page.width("read")).isEqualTo(whole);
    page.browser.key("Backspace");
    assertThat(page.width("parse")).isEqualTo(whole);
    assertThat(page.width("read")).isCloseTo(whole * 2 / 3, within(0.1));
    page.press("reset");
    assertThat(page.width("parse")).isCloseTo(whole * 0.3, within(0.1));
    assertThat(page.has("write")).isTrue();
  }

  @Test
  void theBrowsersOwnBackUndoesAZoom() throws Exception {
    page.open(STACKS);
    page.click("parse");
    assertThat(page.has("write")).isFalse();
    page.browser.evaluate("history.back()");
    page.browser.pause(200);
    assertThat(page.has("write")).isTrue();
    assertThat(page.fragment()).isEmpty();
  }

  @Test
  void detailsGiveSelfAndSharesOfTotalAndZoomedFrame() throws Exception {
    page.open("a;b 3000000\na;b;c 1000000\nd 4000000", "--countname=bytes");
    page.click("a (");
    page.browser.key("ArrowUp");
    assertThat(page.details())
        .isEqualTo(
            "Function: b (4,000,000 bytes = 3.81 MiB, 50.00%)"
                + " | self 3,000,000 bytes = 2.86 MiB, 37.50% | 100.00% of zoomed");
    page.browser.key("ArrowUp");
    assertThat(page.details()).contains("c (1,000,000 bytes = 977 KiB, 12.50%)");
    assertThat(page.details()).contains("25.00% of zoomed");
  }

  @Test
  void countsBeyondTwoToThe53StayExact() throws Exception {
    page.open("a 9007199254740993\nb 9007199254740993");
    assertThat(page.titles())
        .containsExactlyInAnyOrder(
            "all (18,014,398,509,481,986 samples, 100%)",
            "a (9,007,199,254,740,993 samples, 50.00%)",
            "b (9,007,199,254,740,993 samples, 50.00%)");
    page.press("reversed");
    assertThat(page.has("b (9,007,199,254,740,993 samples")).isTrue();
  }

  @Test
  void searchLooksAtNamesOnlyAndCountsTopmostMatches() throws Exception {
    page.open("foo;foo 30\nfoobar 50\nx;foo 20");
    page.search("^foo$");
    assertThat(page.matched()).isEqualTo("Matched: 50.00%");
    assertThat(page.fill("foo (30")).isEqualTo("#e600e6");
    assertThat(page.fill("foobar")).isNotEqualTo("#e600e6");
    page.search("samples");
    assertThat(page.matched()).isEqualTo("Matched: 0.00%");
  }

  @Test
  void searchTellsTheShareOfTheZoomedFrame() throws Exception {
    page.open(STACKS);
    page.click("parse");
    page.search("malloc");
    assertThat(page.matched()).isEqualTo("Matched: 60.00% (100.00% of zoomed)");
  }

  @Test
  void searchMayIgnoreCase() throws Exception {
    page.open("Foo 1\nfoo 1\nbar 2");
    page.search("FOO");
    assertThat(page.matched()).isEqualTo("Matched: 0.00%");
    page.press("ignoreCase");
    page.browser.pause(100);
    assertThat(page.matched()).isEqualTo("Matched: 50.00%");
  }

  @Test
  void anInvalidPatternIsSearchedAsText() throws Exception {
    page.open("f(x 30\ng 70");
    page.search("f(");
    assertThat(page.matched()).startsWith("Matched: 30.00%").contains("plain text");
  }

  @Test
  void aPatternThatExplodesElsewhereAnswersAtOnce() throws Exception {
    page.open("a".repeat(5000) + "! 30\nb 70");
    long start = System.nanoTime();
    page.search("(a+)+$");
    page.browser.waitFor("document.querySelector('.matched').textContent !== ''");
    assertThat(page.matched()).isEqualTo("Matched: 0.00%");
    assertThat(System.nanoTime() - start).isLessThan(5_000_000_000L);
  }

  @Test
  void nextMatchFindsFramesTooNarrowToDraw() throws Exception {
    StringBuilder stacks = new StringBuilder("wide 1000000\n");
    for (int i = 0; i < 412; i++) {
      stacks.append("narrow").append(i).append(";needle").append(i).append(" 1\n");
    }
    page.open(stacks.toString());
    assertThat(page.has("412 narrower frames")).isTrue();
    page.search("^needle77$");
    assertThat(page.matched()).isEqualTo("Matched: 0.00%");
    assertThat(page.fill("412 narrower")).isEqualTo("#e600e6");
    page.browser.key("Enter");
    assertThat(page.selected()).isEqualTo("needle77 (1 samples, 0.00%)");
    assertThat(page.width("needle77")).isGreaterThan(20);
  }

  @Test
  void stacksTenThousandDeepCanBeSearchedAndReached() throws Exception {
    page.open("f;".repeat(9_999) + "leaf 5\n" + "x".repeat(1_000_000) + " 5\nother;f 5\n");
    page.search("^leaf$");
    assertThat(page.matched()).isEqualTo("Matched: 33.33%");
    page.browser.key("Enter");
    assertThat(page.selected()).isEqualTo("leaf (5 samples, 33.33%)");
    page.press("reversed");
    assertThat(page.has("leaf (5 samples, 33.33%)")).isTrue();
    page.press("reset");
    assertThat(page.has("xxxxxxxxxx")).isTrue();
  }

  @Test
  void aMarkerOpensIntoTheFramesItStandsFor() throws Exception {
    StringBuilder stacks = new StringBuilder();
    for (int i = 0; i < 5000; i++) {
      stacks.append("f").append(i).append(" 1\n");
    }
    page.open(stacks.toString());
    assertThat(page.titles()).anyMatch(title -> title.contains("narrower frames"));
    String marker =
        page.titles().stream().filter(t -> t.contains("narrower frames")).findFirst().orElseThrow();
    page.click(marker);
    assertThat(page.titles()).anyMatch(title -> title.matches("f\\d+ \\(1 samples, 0\\.02%\\)"));
  }

  @Test
  void icicleTurnsThePictureOver() throws Exception {
    page.open(STACKS);
    assertThat(page.middle("all")[1]).isGreaterThan(page.middle("main")[1]);
    page.browser.key("i");
    assertThat(page.middle("all")[1]).isLessThan(page.middle("main")[1]);
    assertThat(page.fragment()).isEqualTo("#v=i");
  }

  @Test
  void callersAreThoseOfTheReverseOption() throws Exception {
    page.open(STACKS);
    page.press("reversed");
    List<String> reversed = page.titles();
    List<String> expected = new ArrayList<>();
    for (Picture.Frame frame : Command.run(STACKS, "--reverse").picture().frames()) {
      expected.add(frame.title());
    }
    assertThat(reversed).containsExactlyInAnyOrderElementsOf(expected);
    assertThat(page.has("malloc (60 samples, 60.00%)")).isTrue();
  }

  @Test
  void focusMergesAllCallsOfAFunction() throws Exception {
    page.open(STACKS);
    page.click("read (20");
    page.press("focus");
    assertThat(page.titles())
        .containsExactlyInAnyOrder("read (50 samples, 50.00%)", "malloc (50 samples, 50.00%)");
    page.press("reversed");
    assertThat(page.titles())
        .containsExactlyInAnyOrder(
            "read (50 samples, 50.00%)",
            "main (30 samples, 30.00%)", "parse (20 samples, 20.00%)", "main (20 samples, 20.00%)");
    page.press("reset");
    assertThat(page.has("all (100 samples, 100%)")).isTrue();
  }

  @Test
  void recursionIsNotCountedTwiceInFocus() throws Exception {
    page.open("a;f;b;f 10\na;f 5\nc 5");
    page.click("f (15");
    page.browser.key("f");
    assertThat(page.has("f (15 samples, 75.00%)")).isTrue();
  }

  @Test
  void hideKeepAndBack() throws Exception {
    page.open(STACKS);
    page.click("write");
    page.press("hide");
    assertThat(page.has("write")).isFalse();
    assertThat(page.has("main (60 samples, 60.00%)")).isTrue();
    page.press("back");
    page.press("back");
    assertThat(page.has("main (100 samples")).isTrue();
    page.click("parse");
    page.press("keep");
    page.browser.key("Escape");
    assertThat(page.titles())
        .containsExactlyInAnyOrder(
            "all (30 samples, 30.00%)",
            "main (30 samples, 30.00%)",
            "parse (30 samples, 30.00%)",
            "read (20 samples, 20.00%)",
            "malloc (20 samples, 20.00%)",
            "malloc (10 samples, 10.00%)");
    assertThat(page.details()).contains("frames are hidden, shares are of the whole");
    page.press("reset");
    assertThat(page.details()).doesNotContain("hidden");
  }

  @Test
  void hidingAFrameOfTheCallersViewHidesItsStacks() throws Exception {
    page.open(STACKS);
    page.press("reversed");
    page.click("flush");
    page.press("hide");
    assertThat(page.has("flush")).isFalse();
    assertThat(page.has("all (60 samples, 60.00%)")).isTrue();
  }

  @Test
  void theAddressLeadsBackToTheFrame() throws Exception {
    page.open(STACKS);
    page.click("read (20");
    String fragment = page.fragment();
    assertThat(fragment).isEqualTo("#p=main;parse;read");
    page.openAt(fragment, STACKS + "main;new 300\n");
    assertThat(page.width("read (20 samples, 5.00%)")).isEqualTo(page.width("all"));
  }

  @Test
  void aLinkToAFrameThatIsGoneLeadsToItsDeepestSurvivor() throws Exception {
    page.openAt("#p=main;parse;gone;deeper", STACKS);
    assertThat(page.width("parse")).isEqualTo(page.width("all"));
    assertThat(page.details()).contains("deeper").contains("parse");
  }

  @Test
  void aLinkKeepsSearchAndOrientation() throws Exception {
    page.openAt("#s=mal%2Aoc&v=i", STACKS);
    page.browser.pause(100);
    assertThat(page.browser.text("document.querySelector('input').value")).isEqualTo("mal*oc");
    assertThat(page.middle("all")[1]).isLessThan(page.middle("main")[1]);
  }

  @Test
  void keysMoveBetweenFrames() throws Exception {
    page.open(STACKS);
    page.browser.key("Home");
    assertThat(page.focused()).startsWith("all");
    page.browser.key("ArrowUp");
    assertThat(page.focused()).startsWith("main");
    page.browser.key("ArrowUp");
    assertThat(page.focused()).startsWith("parse");
    page.browser.key("ArrowRight");
    assertThat(page.focused()).startsWith("read");
    page.browser.key("Enter");
    assertThat(page.width("read")).isEqualTo(page.width("all"));
    page.browser.key("ArrowDown");
    assertThat(page.focused()).startsWith("main");
    page.browser.key("Escape");
    assertThat(page.has("write")).isTrue();
    page.browser.key("/");
    assertThat(page.browser.text("document.activeElement.localName")).isEqualTo("input");
  }

  @Test
  void aNarrowScreenNeedsNoHorizontalScrolling() throws Exception {
    page.browser.resize(390, 844);
    page.browser.call("Emulation.setTouchEmulationEnabled", "enabled", true);
    page.open(STACKS, "--title=A rather long title that does not fit into a line of a telephone");
    assertThat(page.browser.evaluate("document.documentElement.scrollWidth").getAsInt())
        .isLessThanOrEqualTo(390);
    assertThat(page.width("all")).isLessThanOrEqualTo(370);
    page.tap("parse");
    page.browser.pause(100);
    assertThat(page.selected()).startsWith("parse");
    assertThat(page.has("write")).isTrue();
    page.tap("parse");
    page.browser.pause(100);
    assertThat(page.has("write")).isFalse();
  }

  @Test
  void thePictureFitsTheWindowUnlessAWidthIsGiven() throws Exception {
    page.browser.resize(700, 600);
    page.open(STACKS);
    assertThat(page.width("all")).isBetween(640.0, 680.0);
    page.browser.resize(1000, 600);
    page.browser.pause(100);
    assertThat(page.width("all")).isBetween(940.0, 980.0);
    page.browser.resize(1200, 700);
    page.open(STACKS);
    // Until the picture is as low as the window there is a scroll bar, which must leave no trace.
    page.browser.resize(700, 500);
    page.browser.waitFor(
        "+document.querySelector('#frames rect').getAttribute('width') < 700"
            + " && document.documentElement.clientHeight === 500");
    assertThat(page.width("all")).isEqualTo(680);
    page.open(STACKS, "--width", "500");
    assertThat(page.width("all")).isEqualTo(480);
  }

  @Test
  void darkModeFollowsTheSystemAndPrintIsLight() throws Exception {
    page.open(STACKS);
    String backdrop = "getComputedStyle(document.querySelector('#backdrop')).fill";
    String light = page.browser.text(backdrop);
    page.browser.media("", "prefers-color-scheme", "dark");
    assertThat(page.browser.text(backdrop)).isEqualTo("rgb(27, 27, 30)").isNotEqualTo(light);
    page.browser.media("print", "prefers-color-scheme", "light");
    assertThat(page.browser.text(backdrop)).isEqualTo("rgb(255, 255, 255)");
    assertThat(page.browser.text("getComputedStyle(document.querySelector('.header')).display"))
        .isEqualTo("none");
  }

  @Test
  void paperShowsTheWholeWidthOfTheCurrentView() throws Exception {
    page.open(STACKS);
    page.click("parse");
    page.browser.evaluate("dispatchEvent(new Event('beforeprint'))");
    String box = page.browser.text("document.querySelector('svg').getAttribute('viewBox')");
    // From the title to the root: five rows and what is around them.
    assertThat(box).matches("0 \\S+ 1200 126");
    assertThat(page.browser.text("document.querySelector('svg').getAttribute('height')"))
        .isEqualTo("null");
    page.browser.resize(700, 900);
    page.browser.evaluate("dispatchEvent(new Event('afterprint'))");
    assertThat(page.browser.text("document.querySelector('svg').hasAttribute('viewBox')"))
        .isEqualTo("false");
    assertThat(page.width("parse")).isEqualTo(680);
  }

  /** Chromium draws each hatched bar on paper pixel by pixel: hundreds of them take minutes. */
  @Test
  void barsOfNarrowFramesArePlainOnPaper() throws Exception {
    page.open("a 3000\nb 1\nc 1\nd 1\n");
    String fill = "getComputedStyle(document.querySelector('#frames .run rect')).fill";
    assertThat(page.browser.text(fill)).contains("#narrow");
    page.browser.media("print", "prefers-color-scheme", "light");
    assertThat(page.browser.text(fill)).isEqualTo("rgb(180, 180, 184)");
    page.browser.media("", "prefers-color-scheme", "light");
    page.search("b");
    page.browser.media("print", "prefers-color-scheme", "light");
    assertThat(page.browser.text(fill)).isEqualTo("rgb(230, 0, 230)");
  }

  @Test
  void attributesStayWithTheirFrame(@TempDir Path dir) throws Exception {
    Path given = dir.resolve("given");
    Files.writeString(given, "a\tclass=hot\tid=one\taria-label=First\taria-level=9\n");
    page.open("a 8\nd;e 2\n", "--nameattr=" + given);
    page.click("d (");
    String frames = "[...document.querySelectorAll('#frames [role=treeitem]')]";
    assertThat(page.strings(frames + ".map(g => g.getAttribute('aria-level'))"))
        .containsExactly("1", "2", "3");
    assertThat(
            page.strings(
                frames
                    + ".filter(g => g.id || g.classList.contains('hot')"
                    + " || g.hasAttribute('aria-label')).map(g => g.outerHTML)"))
        .isEmpty();
    page.browser.key("Escape");
    assertThat(
            page.strings(
                frames
                    + ".filter(g => g.id === 'one' && g.classList.contains('hot'))"
                    + ".map(g => g.getAttribute('aria-label'))"))
        .containsExactly("First");
  }

  @Test
  void framesThatDifferOnlyInTheirMarkAreToldApart() throws Exception {
    String stacks = "m;f_[i];q 30\nm;f_[j];p 40\nm;f_[j];o 10\n";
    page.open(stacks);
    page.click("f (50");
    String fragment = page.fragment();
    page.click("o (");
    page.browser.key("i");
    page.browser.key("Backspace");
    page.browser.key("Backspace");
    assertThat(page.width("f (50")).isEqualTo(page.width("all"));
    page.click("o (");
    page.browser.key("h");
    assertThat(page.width("p (40")).isEqualTo(page.width("all"));
    page.browser.key("Backspace");
    page.browser.key("Backspace");
    assertThat(page.width("f (50")).isEqualTo(page.width("all"));
    page.openAt(fragment, stacks);
    assertThat(page.width("f (50")).isEqualTo(page.width("all"));
    page.openAt("#p=m;f;p", "m;f_[j];p 40\n");
    assertThat(page.width("p (40")).isEqualTo(page.width("all"));
    assertThat(page.details()).startsWith("Function: p (40");
  }

  @Test
  void theBrowsersOwnBackUndoesAStepForwardAndAnEnteredLink() throws Exception {
    page.open(STACKS);
    page.click("parse");
    for (String step : List.of("back()", "forward()", "back()")) {
      page.browser.evaluate("history." + step);
      page.browser.pause(200);
      assertThat(page.has("write")).isEqualTo(step.equals("back()"));
    }
    page.click("parse");
    page.search("malloc");
    page.browser.evaluate("location.hash = '#p=main;write'");
    page.browser.pause(200);
    assertThat(page.width("write")).isEqualTo(page.width("all"));
    assertThat(page.matched()).isEmpty();
    page.browser.evaluate("history.back()");
    page.browser.pause(200);
    assertThat(page.width("parse")).isEqualTo(page.width("all"));
    assertThat(page.has("write")).isFalse();
    page.browser.evaluate("history.back()");
    page.browser.pause(200);
    assertThat(page.width("main")).isEqualTo(page.width("all"));
    assertThat(page.has("write")).isTrue();
  }

  @Test
  void copyGivesTheStack() throws Exception {
    page.open(STACKS);
    page.click("read (20");
    page.browser.evaluate("Object.defineProperty(navigator, 'clipboard', { value: undefined })");
    page.browser.key("c");
    page.browser.pause(100);
    assertThat(page.browser.text("document.querySelector('textarea').value"))
        .isEqualTo("main;parse;read");
    assertThat(page.browser.text("document.getSelection().toString()"))
        .isEqualTo("main;parse;read");
  }

  @Test
  void aFlameChartKeepsItsOrder() throws Exception {
    page.open("x 1\na;b 2\na 1\na;c 3\nx 5", "--flamechart", "--width=1220");
    assertThat(
            page.strings(
                "[...document.querySelectorAll('#frames [role=treeitem]')].map(g =>"
                    + " g.querySelector('title').textContent.split(' ')[0] + '@' +"
                    + " g.querySelector('rect').getAttribute('x'))"))
        .containsExactlyInAnyOrder("all@10", "x@10", "a@110", "b@110", "c@410", "x@710");
  }

  @Test
  void differencesAreColouredByTheirShareOfTheLarger(@TempDir Path directory) throws Exception {
    Path before = directory.resolve("before.folded");
    Path after = directory.resolve("after.folded");
    Files.writeString(before, "a;x 30\na;y 10\nb 5\nd 5\n");
    Files.writeString(after, "a;x 10\na;y 30\nc 5\nd 5\n");
    String[] args = {"--diff", before.toString(), after.toString()};
    page.open("", args);
    assertThat(page.fill("a ")).isEqualTo("rgb(255,255,255)");
    assertThat(page.fill("x ")).isEqualTo("rgb(148,148,255)");
    List<String> expected = new ArrayList<>();
    for (Picture.Frame frame : Command.run("", args).picture().frames()) {
      expected.add(frame.title());
    }
    assertThat(page.titles()).containsExactlyInAnyOrderElementsOf(expected);
    assertThat(page.titles()).contains("b (before 5, after 0 samples; -5, removed)");
    page.click("x ");
    assertThat(page.details())
        .contains("self (before 30, after 10 samples; -20, -66.67% of before)");
    page.press("reset");
    page.press("reversed");
    assertThat(page.has("x (before 30, after 10 samples; -20, -66.67% of before)")).isTrue();
  }

  @Test
  void detailsOfAComparisonHaveUnitsForEveryFigure(@TempDir Path directory) throws Exception {
    Path before = directory.resolve("before.folded");
    Path after = directory.resolve("after.folded");
    Files.writeString(before, "x 3145728\n");
    Files.writeString(after, "x 1048576\n");
    page.open("", "--diff", "--countname=bytes", before.toString(), after.toString());
    assertThat(page.titles())
        .contains("x (before 3,145,728, after 1,048,576 bytes; -2,097,152, -66.67% of before)");
    page.click("x ");
    assertThat(page.details())
        .contains(
            "x (before 3,145,728 = 3.00 MiB, after 1,048,576 bytes = 1.00 MiB;"
                + " -2,097,152 = -2.00 MiB, -66.67% of before)");
  }

  @Test
  void longDetailsStayWithTheirFrameThoughFramesMakeRoomForThem() throws Exception {
    String longName = "name".repeat(100);
    page.open("a;%s 3\na;b 1\n".formatted(longName));
    page.click(longName);
    assertThat(page.details()).startsWith("Function: " + longName);
    double withRoom = page.middle("a (")[1];
    page.click("a (");
    assertThat(page.details()).startsWith("Function: a (");
    assertThat(page.middle("a (")[1]).isEqualTo(withRoom);
    page.click("all (");
    assertThat(page.details()).startsWith("Function: all");
  }

  @Test
  void readFromTheirEndFramesHaveNoSelfButStacksBeginThere() throws Exception {
    page.open(STACKS);
    page.press("reversed");
    page.click("main (40");
    assertThat(page.details()).contains("begins here 40 samples, 40.00%").doesNotContain("self");
  }

  @ParameterizedTest
  @ValueSource(strings = {"[^x]{500}c", "(MANY)c"})
  void aSlowPatternOnALongNameLeavesThePageResponsive(String pattern) throws Exception {
    page.open("a".repeat(1 << 20) + " 1\nb 1");
    page.browser.evaluate(
        "longest = 0; last = performance.now(); setInterval(() => { const now = performance.now();"
            + " longest = Math.max(longest, now - last); last = now; }, 5)");
    page.browser.evaluate(
        "(i => { i.value = '"
            + pattern.replace("MANY", "|".repeat(5000))
            + "'; i.dispatchEvent(new Event('input')); })("
            + "document.querySelector('.bar input'))");
    page.browser.pause(1500);
    assertThat(page.matched()).as("the search goes on").isEmpty();
    assertThat(page.browser.evaluate("longest").getAsDouble()).isLessThan(1000);
    page.search("b");
    assertThat(page.matched()).isEqualTo("Matched: 50.00%");
  }
}
