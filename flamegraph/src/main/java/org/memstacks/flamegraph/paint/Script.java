package org.memstacks.flamegraph.paint;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;

/** The script that makes a picture interactive: one constant text. */
final class Script {
  private static final String RESOURCE = "flamegraph.js";

  private Script() {}

  static String text() throws IOException {
    try (InputStream in = Script.class.getResourceAsStream(RESOURCE)) {
      if (in == null) {
        throw new IOException("the resource " + RESOURCE + " is missing from the program");
      }
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    }
  }
}
