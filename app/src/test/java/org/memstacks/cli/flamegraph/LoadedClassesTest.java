package org.memstacks.cli.flamegraph;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * What a run loads decides how fast it starts: asked of the JVM itself, in a process of its own.
 */
class LoadedClassesTest {
  private static final String STACKS =
      "# host: a\nmain;serve;request 3\nmain;idle [x] 1\nsum;a 2 5\n";
  private static final String SHARED = "org.memstacks.flamegraph.paint.XmlOut";

  @TempDir Path folder;

  private List<String> loaded(String... options) throws IOException, InterruptedException {
    Path log = folder.resolve("classes");
    Path input = Files.writeString(folder.resolve("in.stacks"), STACKS);
    List<String> command =
        new ArrayList<>(
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xlog:class+load:file=" + log + "::filecount=0",
                "-cp",
                System.getProperty("java.class.path"),
                FlamegraphMain.class.getName()));
    command.addAll(List.of(options));
    command.add(input.toString());
    Process run =
        new ProcessBuilder(command)
            .redirectOutput(folder.resolve("picture").toFile())
            .redirectError(folder.resolve("err").toFile())
            .start();
    assertThat(run.waitFor(60, TimeUnit.SECONDS)).isTrue();
    assertThat(run.exitValue()).as(Files.readString(folder.resolve("err"))).isZero();
    List<String> classes = new ArrayList<>();
    for (String line : Files.readAllLines(log)) {
      int source = line.indexOf(" source:");
      int tags = line.lastIndexOf("] ", source);
      if (source > 0) {
        classes.add(line.substring(tags + 2, source));
      }
    }
    assertThat(classes).contains(SHARED);
    return classes;
  }

  @Test
  void aPictureNeedsNeitherTemplatesNorRegularExpressions() throws Exception {
    List<String> options = List.of("--title=A", "--colors=mem", "--countname=bytes", "--width=900");
    assertThat(loaded(options.toArray(String[]::new)))
        .noneMatch(name -> name.startsWith("freemarker."))
        .noneMatch(name -> name.startsWith("java.util.regex."))
        .noneMatch(name -> name.startsWith("java.util.Formatter"));
  }

  @Test
  void theHtmlPageIsWhatTemplatesAreFor() throws Exception {
    assertThat(loaded("--html")).anyMatch(name -> name.startsWith("freemarker."));
  }
}
