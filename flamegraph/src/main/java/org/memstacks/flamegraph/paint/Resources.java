package org.memstacks.flamegraph.paint;

import java.io.IOException;
import java.io.InputStream;

/** The constant parts of a picture, rendered from templates when the program was built. */
final class Resources {
  private Resources() {}

  /** What begins a picture with the script: policy and style. */
  static final String SCRIPTED_HEAD = "scripted-head.xml";

  /** What begins a picture without. */
  static final String PLAIN_HEAD = "plain-head.xml";

  /** The script. */
  static final String SCRIPT = "script-element.xml";

  /** What begins a picture inside an HTML page, which has its own policy: the style. */
  static final String INLINE_STYLE = "inline-style.xml";

  /** The policy of an HTML page. */
  static final String PAGE_POLICY = "page-policy.xml";

  /** The style of an HTML page. */
  static final String PAGE_STYLE = "page.css";

  static byte[] bytes(String name) throws IOException {
    try (InputStream in = Resources.class.getResourceAsStream(name)) {
      if (in == null) {
        throw new IOException("the resource " + name + " is missing from the program");
      }
      return in.readAllBytes();
    }
  }
}
