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

  /** The script, which ends the picture. */
  static final String SCRIPT = "script-element.xml";

  static byte[] bytes(String name) throws IOException {
    try (InputStream in = Resources.class.getResourceAsStream(name)) {
      if (in == null) {
        throw new IOException("the resource " + name + " is missing from the program");
      }
      return in.readAllBytes();
    }
  }
}
