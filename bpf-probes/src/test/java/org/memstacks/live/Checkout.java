package org.memstacks.live;

import java.nio.file.Files;
import java.nio.file.Path;

/** Where the sources under test lie. */
public final class Checkout {
  private Checkout() {}

  /** The repository's root, found from the module Maven runs in. */
  public static Path root() {
    Path directory = Path.of("").toAbsolutePath();
    while (!Files.exists(directory.resolve("scripts/bpf-permitted"))) {
      directory = directory.getParent();
    }
    return directory;
  }
}
