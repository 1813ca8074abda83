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

/** Side files that are not what they should be: which one, why, and what was done all the same. */
class FileMessagesTest {
  private static final String STACKS = "a;b 300\na;c 700\n";

  @TempDir private Path folder;

  /** A run in a folder of its own, where {@code --cp} has its file. */
  private int draw(String... options) throws IOException, InterruptedException {
    List<String> command =
        new ArrayList<>(
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-cp",
                System.getProperty("java.class.path"),
                FlamegraphMain.class.getName()));
    command.addAll(List.of(options));
    command.add(Files.writeString(folder.resolve("in"), STACKS).toString());
    Process run =
        new ProcessBuilder(command)
            .directory(folder.toFile())
            .redirectOutput(folder.resolve("picture").toFile())
            .redirectError(folder.resolve("err").toFile())
            .start();
    assertThat(run.waitFor(60, TimeUnit.SECONDS)).isTrue();
    return run.exitValue();
  }

  private String err() throws IOException {
    return Files.readString(folder.resolve("err"));
  }

  private List<String> titles() throws IOException {
    return Picture.parse(Files.readAllBytes(folder.resolve("picture"))).frames().stream()
        .map(Picture.Frame::title)
        .toList();
  }

  @Test
  void withAPaletteMapThatCannotBeReadThePictureIsDrawn() throws Exception {
    Files.createDirectory(folder.resolve("palette.map"));
    assertThat(draw("--cp")).isEqualTo(1);
    assertThat(err())
        .isEqualTo(
            "flamegraph: colours are neither taken from palette.map nor kept:"
                + " palette.map: is not a file.\n");
    assertThat(titles()).hasSize(4).contains("b (300 samples, 30.00%)");
    assertThat(folder.resolve("palette.map")).isDirectory();
  }

  @Test
  void aPaletteMapIsWrittenAndTakenFrom() throws Exception {
    assertThat(draw("--cp")).isZero();
    Path map = folder.resolve("palette.map");
    assertThat(Files.readString(map)).contains("b->rgb(");
    Files.writeString(map, "b->rgb(1,2,3)\n");
    assertThat(draw("--cp")).isZero();
    assertThat(Files.readString(folder.resolve("picture"))).contains("rgb(1,2,3)");
    assertThat(Files.readString(map)).contains("b->rgb(1,2,3)", "c->rgb(");
  }

  @Test
  void attributesThatCannotBeReadAreNamed() throws Exception {
    Path attributes = Files.writeString(folder.resolve("attributes"), "a\tclass=x\nb class=y\n");
    Command run = Command.run(STACKS, "--nameattr", attributes.toString());
    assertThat(run.exit()).isEqualTo(1);
    assertThat(run.err())
        .isEqualTo(
            "flamegraph: %s: line 2 has no tab between function and attributes.\n"
                .formatted(attributes));
    Command ofAFolder = Command.run(STACKS, "--nameattr", folder.toString());
    assertThat(ofAFolder.exit()).isEqualTo(1);
    assertThat(ofAFolder.err()).contains(folder.toString());
  }

  @Test
  void theWidthGivenIsShownAsTyped() {
    Command run = Command.run(STACKS, "--minwidth", "%");
    assertThat(run.exit()).isEqualTo(2);
    assertThat(run.err()).startsWith("flamegraph: --minwidth %: give a number from 0");
    assertThat(Command.run(STACKS, "--minwidth=x%").err()).contains("--minwidth x%: ");
  }
}
