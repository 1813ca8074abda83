package org.memstacks.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The report is there as a whole or not at all. */
class ReportFileTest {
  @TempDir private Path directory;

  @Test
  void itTakesItsNameWhenItIsComplete() throws IOException {
    Path file = directory.resolve("report.txt");
    Files.writeString(file, "the last one");
    try (ReportFile report = ReportFile.create(file)) {
      assertThat(file).hasContent("the last one");
      report.write("all of it\n");
    }
    assertThat(file).hasContent("all of it\n");
    assertThat(directory).isDirectoryContaining(f -> f.equals(file));
    assertThat(count()).isOne();
  }

  @Test
  void aRunThatFailsLeavesNothing() throws IOException {
    ReportFile.create(directory.resolve("report.txt")).close();
    assertThat(count()).isZero();
  }

  @Test
  void whatStandsInTheWayIsSaidBeforeAnythingIsTraced() throws IOException {
    assertThatThrownBy(() -> ReportFile.create(directory))
        .isInstanceOf(FileSystemException.class)
        .hasMessageContaining("--report takes a regular file or the name of a new one");
    Path link = Files.createSymbolicLink(directory.resolve("link"), Path.of("/dev/null"));
    assertThatThrownBy(() -> ReportFile.create(link))
        .hasMessageContaining("--report takes a regular file");
    assertThatThrownBy(() -> ReportFile.create(directory.resolve("no/such/report.txt")))
        .isInstanceOf(FileSystemException.class)
        .hasMessageContaining(
            "the report cannot be written to "
                + directory.resolve("no/such")
                + ": there is no such directory");
  }

  @Test
  void whatWasThereStaysWhenItCannotBeWrittenInTheEnd() throws IOException {
    Path file = directory.resolve("report.txt");
    try (ReportFile report = ReportFile.create(file)) {
      // Meanwhile somebody puts a directory there, with something in it.
      Files.createDirectories(file.resolve("full"));
      assertThatThrownBy(() -> report.write("late\n"))
          .isInstanceOf(FileSystemException.class)
          .hasMessageContaining("the report could not be written: ");
    }
    assertThat(file.resolve("full")).isDirectory();
    assertThat(count()).isOne();
  }

  private long count() throws IOException {
    try (var files = Files.list(directory)) {
      return files.count();
    }
  }
}
