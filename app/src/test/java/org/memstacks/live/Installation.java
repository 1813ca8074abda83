package org.memstacks.live;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.spi.ToolProvider;

/**
 * The classes under test laid out as {@code make install} does, with the launchers of this
 * checkout.
 */
final class Installation {
  private Installation() {}

  /** Makes it anew and gives the directory that holds bin and lib. */
  static Path of() throws IOException {
    Path home = Checkout.root().resolve("app/target/test-installation");
    delete(home);
    copy(Checkout.root().resolve("bin"), home.resolve("bin"));
    Path jars = Files.createDirectories(home.resolve("lib"));
    int number = 0;
    for (String entry : System.getProperty("java.class.path").split(":")) {
      Path path = Path.of(entry);
      if (Files.isDirectory(path) && path.endsWith("classes")) {
        boolean app = Files.exists(path.resolve("org/memstacks/cli"));
        archive(path, jars.resolve(app ? "memstacks.jar" : "module" + number++ + ".jar"));
      } else if (entry.endsWith(".jar")) {
        Files.createSymbolicLink(jars.resolve(number++ + ".jar"), path);
      }
    }
    return home;
  }

  private static void archive(Path classes, Path jar) {
    List<String> arguments =
        List.of("--create", "--file", jar.toString(), "-C", classes.toString(), ".");
    int exit =
        ToolProvider.findFirst("jar")
            .orElseThrow()
            .run(System.out, System.err, arguments.toArray(String[]::new));
    assertThat(exit).isZero();
  }

  private static void copy(Path from, Path to) throws IOException {
    try (var files = Files.walk(from)) {
      for (Path file : files.toList()) {
        Path copy = to.resolve(from.relativize(file));
        if (Files.isDirectory(file)) {
          Files.createDirectories(copy);
        } else {
          Files.copy(file, copy, java.nio.file.StandardCopyOption.COPY_ATTRIBUTES);
        }
      }
    }
  }

  private static void delete(Path directory) throws IOException {
    if (!Files.exists(directory)) {
      return;
    }
    try (var files = Files.walk(directory)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(file);
      }
    }
  }
}
