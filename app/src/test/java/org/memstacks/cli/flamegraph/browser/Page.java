package org.memstacks.cli.flamegraph.browser;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonElement;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.BeforeEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.memstacks.cli.flamegraph.Command;

/**
 * A picture open in a browser, and what a person can see and do there. The browser is there for all
 * tests of a class, its window as large as at first before each.
 */
final class Page implements BeforeAllCallback, BeforeEachCallback, AfterAllCallback {
  private static final String ITEMS = "[...document.querySelectorAll('#frames [role=treeitem]')]";

  Browser browser;
  private Path folder;
  private Path file;

  @Override
  public void beforeAll(ExtensionContext context) throws Exception {
    Assumptions.assumeTrue(Browser.available(), "no Chromium installed");
    browser = new Browser();
    folder = Files.createTempDirectory("flamegraph-page");
  }

  @Override
  public void beforeEach(ExtensionContext context) {
    browser.resize(1200, 800);
  }

  /** Draws folded stacks and opens the picture. */
  Page open(String folded, String... args) throws IOException {
    return openAt("", folded, args);
  }

  /** Draws folded stacks and opens the picture with a fragment. */
  Page openAt(String fragment, String folded, String... args) throws IOException {
    Command run = Command.run(folded, args);
    assertThat(run.exit()).as(run.err()).isZero();
    file = folder.resolve("picture.svg");
    Files.write(file, run.out());
    browser.open(file, fragment);
    assertThat(browser.text("document.querySelector('svg').dataset.ready")).isEqualTo("true");
    return this;
  }

  Path file() {
    return file;
  }

  /** First lines of the titles of all frames drawn now. */
  List<String> titles() {
    return strings(ITEMS + ".map(g => g.querySelector('title').textContent.split('\\n')[0])");
  }

  List<String> strings(String expression) {
    List<String> strings = new ArrayList<>();
    for (JsonElement element : browser.evaluate(expression).getAsJsonArray()) {
      strings.add(element.getAsString());
    }
    return strings;
  }

  private static String item(String titleStart) {
    return ITEMS
        + ".find(g => g.querySelector('title').textContent.startsWith('"
        + titleStart
        + "'))";
  }

  /** Width in pixels of the frame whose title starts so. */
  double width(String titleStart) {
    return browser
        .evaluate("+" + item(titleStart) + ".querySelector('rect').getAttribute('width')")
        .getAsDouble();
  }

  String fill(String titleStart) {
    return browser.text(item(titleStart) + ".querySelector('rect').getAttribute('fill')");
  }

  boolean has(String titleStart) {
    return browser.evaluate(item(titleStart) + " !== undefined").getAsBoolean();
  }

  /** The middle of a frame in the window. */
  double[] middle(String titleStart) {
    String[] xy =
        browser
            .text(
                "(r => [r.x + r.width / 2, r.y + r.height / 2])("
                    + item(titleStart)
                    + ".querySelector('rect').getBoundingClientRect())")
            .split(",");
    return new double[] {Double.parseDouble(xy[0]), Double.parseDouble(xy[1])};
  }

  void click(String titleStart) {
    double[] at = middle(titleStart);
    browser.click(at[0], at[1]);
  }

  void tap(String titleStart) {
    double[] at = middle(titleStart);
    browser.tap(at[0], at[1]);
  }

  void press(String button) {
    browser.evaluate("document.querySelector('[data-action=" + button + "]').click()");
  }

  /** Puts a text into the search field as typing does, and waits for the result. */
  void search(String text) {
    browser.key("/");
    browser.evaluate("document.activeElement.select()");
    if (text.isEmpty()) {
      browser.key("Delete");
    } else {
      browser.type(text);
    }
    browser.pause(120);
  }

  String matched() {
    return browser.text("document.querySelector('.matched').textContent");
  }

  String details() {
    return browser.text(
        "[...document.querySelectorAll('.details bdi')].map(e => e.textContent).join(' | ')");
  }

  String fragment() {
    return browser.text("location.hash");
  }

  /** The title of the frame that has the focus. */
  String focused() {
    return browser.text(
        "(t => t ? t.textContent.split('\\n')[0] : '')(document.activeElement"
            + ".querySelector('title'))");
  }

  String selected() {
    return browser.text(
        "document.querySelector('#frames [aria-selected=true] title').textContent.split('\\n')[0]");
  }

  @Override
  public void afterAll(ExtensionContext context) throws IOException {
    if (browser == null) {
      return;
    }
    browser.close();
    if (file != null) {
      Files.deleteIfExists(file);
    }
    Files.deleteIfExists(folder);
  }
}
