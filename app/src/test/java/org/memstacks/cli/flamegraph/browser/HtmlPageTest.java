package org.memstacks.cli.flamegraph.browser;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.jsoup.Jsoup;
import org.jsoup.nodes.Document;
import org.jsoup.nodes.Element;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.memstacks.cli.flamegraph.Command;

@Tag("browser")
class HtmlPageTest {
  private static final String STACKS =
      """
      # command: memstacks -p 1 <script>window.pwned=1</script>
      # lost events: 12
      # incomplete stacks: 3%
      # just a remark
      main;read;malloc 30
      main;parse;read;malloc 20
      main;parse;read;read 10
      main;write 40
      """;

  private static Browser browser;
  private static Path file;
  private static String html;

  @BeforeAll
  static void open() throws Exception {
    Assumptions.assumeTrue(Browser.available(), "no Chromium installed");
    Command run = Command.run(STACKS, "--html", "--title=</title><script>window.pwned=1</script>");
    assertThat(run.exit()).as(run.err()).isZero();
    html = run.text();
    file = Files.createTempFile("page", ".html");
    Files.writeString(file, html);
    browser = new Browser();
    browser.resize(1400, 900);
    browser.open(file, "");
  }

  @AfterAll
  static void stop() throws Exception {
    if (browser != null) {
      browser.close();
      Files.deleteIfExists(file);
    }
  }

  private static List<String> rows(String where) {
    return List.of(
        browser
            .text(
                "[...document.querySelectorAll('"
                    + where
                    + " tbody tr')].map(r => [...r.cells].map(c => c.textContent).join(' | '))"
                    + ".join('\\n')")
            .split("\n"));
  }

  @Test
  void theTableHoldsSelfAndTotalOfEveryFunction() {
    browser.evaluate("document.querySelector('[data-sort=inclusive]').click()");
    assertThat(rows(".scroll"))
        .containsExactly(
            "0 0.00% | 100 100.00% | main",
            "10 10.00% | 60 60.00% | read",
            "50 50.00% | 50 50.00% | malloc",
            "40 40.00% | 40 40.00% | write",
            "0 0.00% | 30 30.00% | parse");
    browser.evaluate("document.querySelector('[data-sort=self]').click()");
    assertThat(rows(".scroll").get(0)).endsWith("malloc");
    browser.evaluate("document.querySelector('[data-sort=name]').click()");
    assertThat(rows(".scroll").get(0)).endsWith("main");
    assertThat(rows(".scroll").get(4)).endsWith("write");
  }

  @Test
  void aChosenFunctionShowsItsCallersAndCalleesAndLightsUpInTheFlames() {
    browser.evaluate(
        "[...document.querySelectorAll('.scroll .name')].find(b => b.textContent === 'read').click()");
    assertThat(rows("[data-relatives=callers]"))
        .containsExactly("30 30.00% | main", "30 30.00% | parse");
    assertThat(rows("[data-relatives=callees]"))
        .containsExactly("50 50.00% | malloc", "10 10.00% | read");
    assertThat(browser.text("document.querySelector('.matched').textContent"))
        .isEqualTo("Matched: 60.00%");
    assertThat(browser.text("document.querySelectorAll('#frames rect[fill=\"#e600e6\"]').length"))
        .isEqualTo("3");
  }

  @Test
  void theAddressOfAChosenFunctionFindsThatFunctionOnly() throws Exception {
    Path other = Files.createTempFile("page", ".html");
    String stacks = "operator new(unsigned long) 60\nx::operator new(unsigned long) 40\n";
    Files.write(other, Command.run(stacks, "--html").out());
    browser.open(other, "");
    browser.evaluate("document.querySelector('.scroll .name').click()");
    String fragment = browser.text("location.hash");
    browser.open(other, fragment);
    browser.waitFor("document.querySelector('.matched').textContent !== ''");
    assertThat(browser.text("document.querySelector('.matched').textContent"))
        .isEqualTo("Matched: 60.00%");
    Files.delete(other);
    browser.open(file, "");
  }

  @Test
  void aComparisonsTableShowsChangesLargestFirst() throws Exception {
    Path before = Files.writeString(Files.createTempFile("b", ""), "a;x 30\na;y 10\nold 8\nz 99\n");
    Path after = Files.writeString(Files.createTempFile("a", ""), "a;x 10\na;y 35\nz 99\n");
    Path other = Files.createTempFile("page", ".html");
    Command run = Command.run("", "--html", "--diff", before.toString(), after.toString());
    Files.write(other, run.out());
    browser.open(other, "");
    assertThat(rows(".scroll"))
        .containsExactly(
            "+25 now 35 | +25 now 35 | y",
            "-20 now 10 | -20 now 10 | x",
            "-8 now 0 | -8 now 0 | old",
            "+0 now 0 | +5 now 45 | a",
            "+0 now 99 | +0 now 99 | z");
    assertThat(browser.text("document.querySelector('.scroll td').title"))
        .isEqualTo("before 10, after 35 samples; +25, +250.00% of before");
    for (Path path : List.of(before, after, other)) {
      Files.delete(path);
    }
    browser.open(file, "");
  }

  @Test
  void theTableIsExactBeyondTwoToThe53() throws Exception {
    Path other = Files.createTempFile("page", ".html");
    Files.write(other, Command.run("a;b 9007199254740993\na 2\n", "--html").out());
    browser.open(other, "");
    assertThat(rows(".scroll").get(0)).startsWith("2 0.00% | 9,007,199,254,740,995 100.00% | a");
    assertThat(rows(".scroll").get(1)).startsWith("9,007,199,254,740,993 ");
    Files.delete(other);
    browser.open(file, "");
  }

  @Test
  void aClickInTheFlamesChoosesTheFunction() {
    browser.evaluate("document.querySelector('[data-action=reset]').click()");
    browser.evaluate(
        "[...document.querySelectorAll('#frames [role=treeitem]')].find(g =>"
            + " g.querySelector('title').textContent.startsWith('write')).dispatchEvent("
            + "new MouseEvent('click', { bubbles: true }))");
    assertThat(browser.text("document.querySelector('.relatives h2').textContent"))
        .isEqualTo("write");
    assertThat(rows("[data-relatives=callers]")).containsExactly("40 40.00% | main");
    browser.evaluate("document.querySelector('[data-action=reset]').click()");
  }

  @Test
  void thePageTellsTheRunAndItsLosses() {
    Document page = Jsoup.parse(html);
    Element run = page.select(".facts").get(0);
    assertThat(run.select("dt").eachText()).containsExactly("command");
    assertThat(run.select("dd").text()).isEqualTo("memstacks -p 1 <script>window.pwned=1</script>");
    assertThat(run.select("p").text()).isEqualTo("just a remark");
    Element losses = page.select(".losses").get(0);
    assertThat(losses.select("dt").eachText()).containsExactly("lost events", "incomplete stacks");
    assertThat(losses.select("dd").eachText()).containsExactly("12", "3%");
  }

  @Test
  void paperIsLightThoughTheSystemIsDark() {
    try {
      browser.media("print", "prefers-color-scheme", "dark");
      String style = "getComputedStyle(document.querySelector('%s')).%s";
      assertThat(browser.text(style.formatted("thead th", "backgroundColor")))
          .isEqualTo("rgb(255, 255, 255)");
      assertThat(browser.text(style.formatted("thead th", "color"))).isEqualTo("rgb(0, 0, 0)");
      assertThat(browser.text(style.formatted("td small", "color"))).isEqualTo("rgb(92, 92, 98)");
      assertThat(browser.text(style.formatted("html", "colorScheme"))).isEqualTo("light");
    } finally {
      browser.media("", "prefers-color-scheme", "light");
    }
  }

  @Test
  void thePageIsOneFileUnderAPolicyAndRunsNothingElse() {
    assertThat(html.getBytes(StandardCharsets.UTF_8).length).isGreaterThan(60_000);
    assertThat(Jsoup.parse(html).select("link, img, iframe, script[src]")).isEmpty();
    assertThat(browser.text("window.pwned")).isEqualTo("undefined");
    assertThat(browser.events("Log.entryAdded")).isEmpty();
    assertThat(browser.events("Runtime.exceptionThrown")).isEmpty();
    assertThat(browser.events("Network.requestWillBeSent")).hasSize(1);
    assertThat(browser.text("document.title")).isEqualTo("</title><script>window.pwned=1</script>");
  }
}
