package org.memstacks.cli.flamegraph.browser;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** The search's own matcher against the browser's. */
@Tag("browser")
class PatternTest {
  private static final long SEED = 20260101;
  private static final int PATTERNS = 3000;
  private static final String[] PIECES = {
    "a", "b", "B", "_", ":", ".", "\\.", "\\w", "\\d", "\\s", "\\W", "[ab]", "[^a]", "[a-c_]",
    "(a|b)", "(?:ab)", "(", ")", "|", "^", "$", "\\b", "\\B", "*", "+", "?", "{2}", "{1,2}", "{0,}",
    "{", "]", "1", " ", "\\x61", "\\u0062", "*?", "\\t"
  };

  private static Browser browser;

  @BeforeAll
  static void start() throws Exception {
    Assumptions.assumeTrue(Browser.available(), "no Chromium installed");
    browser = new Browser();
    browser.evaluate(source());
  }

  @AfterAll
  static void stop() throws Exception {
    if (browser != null) {
      browser.close();
    }
  }

  private static String source() throws Exception {
    Path folder = Path.of("").toAbsolutePath();
    while (!Files.isDirectory(folder.resolve("flamegraph/src/main/shell"))) {
      folder = folder.getParent();
    }
    return Files.readString(folder.resolve("flamegraph/src/main/shell/script/pattern.js"));
  }

  @Test
  void agreesWithTheBrowsersRegularExpressions() {
    Random random = new Random(SEED);
    StringBuilder cases = new StringBuilder("[");
    for (int i = 0; i < PATTERNS; i++) {
      StringBuilder pattern = new StringBuilder();
      int pieces = 1 + random.nextInt(6);
      for (int p = 0; p < pieces; p++) {
        pattern.append(PIECES[random.nextInt(PIECES.length)]);
      }
      cases.append(i == 0 ? "" : ",").append('"');
      cases.append(pattern.toString().replace("\\", "\\\\").replace("\"", "\\\"")).append('"');
    }
    cases.append("]");
    String texts =
        "['', 'a', 'b', 'ab', 'aab', 'ba', 'Ab1', 'a::b', 'a b', '_1', 'a.b', 'cab', 'B{2}', 'xyz']";
    String check =
        """
        (() => {
          let compared = 0, matches = 0, refused = 0;
          const wrong = [];
          for (const source of CASES) for (const ignoreCase of [false, true]) {
            let expected, actual;
            try { expected = new RegExp(source, ignoreCase ? 'i' : ''); } catch { expected = null; }
            try { actual = compilePattern(source, ignoreCase); } catch (e) { actual = null; }
            if (expected && !actual) refused++;
            if (expected === null || actual === null) continue;
            for (const text of TEXTS) {
              compared++;
              const want = expected.test(text);
              if (want) matches++;
              const look = actual(text);
              let found;
              while (found === undefined) found = look(compared % 2 ? 1 : Infinity);
              if (found !== want) wrong.push(source + ' on ' + JSON.stringify(text));
            }
          }
          return JSON.stringify({ wrong: wrong.slice(0, 20), enough: compared > 20000,
            both: matches > 5000 && matches < compared - 5000, refused });
        })()
        """;
    String result = browser.text(check.replace("CASES", cases.toString()).replace("TEXTS", texts));
    assertThat(result).isEqualTo("{\"wrong\":[],\"enough\":true,\"both\":true,\"refused\":0}");
  }

  @Test
  void refusesWhatCannotBeMatchedInBoundedTime() {
    for (String pattern : new String[] {"(?=a)", "(?!a)", "(?<=a)b", "(a)\\\\1", "a{100000}"}) {
      assertThat(
              browser.text(
                  "(() => { try { compilePattern('"
                      + pattern
                      + "', false); return 'taken'; }"
                      + " catch (e) { return e.constructor.name; } })()"))
          .as(pattern)
          .isEqualTo("PatternError");
    }
  }

  @Test
  void staysFastOnPatternsThatExplodeElsewhere() {
    for (String pattern : new String[] {"(a*)*b", "(a|aa)+$", "(.*)*x", "(a?){50}a{50}"}) {
      double milliseconds =
          browser
              .evaluate(
                  "(() => { const t = performance.now(); compilePattern('"
                      + pattern
                      + "', true)('a'.repeat(3000) + '!')(Infinity); return performance.now() - t; })()")
              .getAsDouble();
      assertThat(milliseconds).as(pattern).isLessThan(5000);
    }
  }

  @Test
  void whatIsNotSupportedIsNamed() {
    assertThat(refusal("\\p{L}+")).isEqualTo("\\p, classes of Unicode, are not supported");
    assertThat(refusal("\\P{L}")).isEqualTo("\\P, classes of Unicode, are not supported");
    assertThat(refusal("(a)\\1")).isEqualTo("back references are not supported");
    assertThat(refusal("(?<n>a)\\k<n>")).isEqualTo("back references are not supported");
    assertThat(refusal("(?=a)")).isEqualTo("look-around is not supported");
  }

  private static String refusal(String pattern) {
    return browser.text(
        "(() => { try { compilePattern('%s', false); return ''; } catch (e) { return e.message; } })()"
            .formatted(pattern.replace("\\", "\\\\")));
  }
}
