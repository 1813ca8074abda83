package org.memstacks.cli.flamegraph.browser;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** What Chromium tells those who hear a picture, and those who go through it with the Tab key. */
@Tag("browser")
class AccessibilityTest {
  private static final String STACKS =
      """
      main;read;malloc 30
      main;parse;read;malloc 20
      main;parse;malloc 10
      main;write;flush 40
      """;

  @RegisterExtension private static final Page page = new Page();

  private static List<JsonObject> nodes() {
    List<JsonObject> nodes = new ArrayList<>();
    JsonObject tree = page.browser.call("Accessibility.getFullAXTree");
    for (JsonElement element : tree.getAsJsonArray("nodes")) {
      if (!element.getAsJsonObject().get("ignored").getAsBoolean()) {
        nodes.add(element.getAsJsonObject());
      }
    }
    return nodes;
  }

  private static String text(JsonObject node, String member) {
    return node.getAsJsonObject(member).get("value").getAsString();
  }

  private static String level(JsonObject node) {
    for (JsonElement property : node.getAsJsonArray("properties")) {
      JsonObject named = property.getAsJsonObject();
      if (named.get("name").getAsString().equals("level")) {
        return text(named, "value");
      }
    }
    return "none";
  }

  private static List<String> items() {
    return nodes().stream()
        .filter(node -> text(node, "role").equals("treeitem"))
        .map(node -> level(node) + " " + text(node, "name"))
        .toList();
  }

  private static List<String> places() {
    return page.strings(
        "[...document.querySelectorAll('#frames > *')].map(g => g.getAttribute('aria-posinset')"
            + " + ' of ' + g.getAttribute('aria-setsize'))");
  }

  @Test
  void allThereIsHasARoleAndAName() throws Exception {
    page.open(STACKS);
    TreeSet<String> roles = new TreeSet<>();
    for (JsonObject node : nodes()) {
      roles.add(text(node, "role"));
      if (text(node, "role").equals("button")) {
        assertThat(text(node, "name")).hasSizeGreaterThan(2);
      }
    }
    assertThat(roles).contains("tree", "treeitem", "status", "searchbox", "button", "toolbar");
  }

  @Test
  void theTreeTellsChildrenRightAfterTheirParents() throws Exception {
    page.open(STACKS);
    assertThat(items())
        .containsExactly(
            "1 all (100 samples, 100%)",
            "2 main (100 samples, 100.00%)",
            "3 parse (30 samples, 30.00%)",
            "4 malloc (10 samples, 10.00%)",
            "4 read (20 samples, 20.00%)",
            "5 malloc (20 samples, 20.00%)",
            "3 read (30 samples, 30.00%)",
            "4 malloc (30 samples, 30.00%)",
            "3 write (40 samples, 40.00%)",
            "4 flush (40 samples, 40.00%)");
    assertThat(places())
        .containsExactly(
            "1 of 1", "1 of 1", "1 of 3", "1 of 2", "2 of 2", "1 of 1", "2 of 3", "1 of 1",
            "3 of 3", "1 of 1");
    page.click("parse (");
    page.browser.key("i");
    assertThat(items())
        .containsExactly(
            "1 all (100 samples, 100%)",
            "2 main (100 samples, 100.00%)",
            "3 parse (30 samples, 30.00%)",
            "4 malloc (10 samples, 10.00%)",
            "4 read (20 samples, 20.00%)",
            "5 malloc (20 samples, 20.00%)");
    page.browser.key("Escape");
    assertThat(items()).hasSize(10).element(6).isEqualTo("3 read (30 samples, 30.00%)");
  }

  /** The frames that the Tab key stops at, going round the page once. */
  private static List<String> stops() {
    List<String> stops = new ArrayList<>();
    for (int i = 0; i < 20; i++) {
      for (String type : new String[] {"keyDown", "keyUp"}) {
        page.browser.call(
            "Input.dispatchKeyEvent", "type", type, "key", "Tab", "windowsVirtualKeyCode", 9);
      }
      String at =
          page.browser.text(
              "(a => a === document.body || a === document.documentElement ? 'end'"
                  + " : a.closest('#frames') ? 'frame ' + (a.id || a.querySelector('title')"
                  + ".textContent) : 'control')(document.activeElement)");
      if (at.equals("end")) {
        return stops;
      }
      if (!at.equals("control")) {
        stops.add(at);
      }
    }
    return stops;
  }

  @Test
  void theTabKeyStopsAtOneFrame() throws Exception {
    page.open(STACKS);
    assertThat(stops()).containsExactly("frame all (100 samples, 100%)");
    page.click("parse (");
    page.browser.key("ArrowUp");
    // To the end of the page, and round once more.
    stops();
    assertThat(stops()).containsExactly("frame " + page.selected());
  }

  @Test
  void theTabKeyStopsAtOneFrameWhenTheOneSelectedIsOutOfSight() throws Exception {
    page.open("f;".repeat(300) + "leaf 5\n");
    page.browser.evaluate("scrollTo(0, 0)");
    page.browser.waitFor(
        "[...document.querySelectorAll('#frames title')].some(t => t.textContent.startsWith('leaf'))");
    String stops = "document.querySelectorAll('#frames [tabindex=\"0\"]').length";
    assertThat(page.has("all (")).isFalse();
    assertThat(page.browser.text(stops)).isEqualTo("1");
    page.click("leaf (");
    assertThat(page.browser.text(stops)).isEqualTo("1");
    page.browser.key("ArrowDown");
    assertThat(page.browser.text(stops)).isEqualTo("1");
  }

  @Test
  void dialogsHaveNames() throws Exception {
    page.open(STACKS);
    page.browser.key("?");
    assertThat(nodes())
        .filteredOn(node -> text(node, "role").equals("dialog"))
        .extracting(node -> text(node, "name"))
        .containsExactly("Keys");
  }
}
