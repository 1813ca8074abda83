package org.memstacks.cli;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.AtomicMoveNotSupportedException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;

/**
 * A file that is there as a whole or not at all: written beside it, then given its name. What
 * stands in the way is found out before anything is traced.
 */
final class ReportFile implements AutoCloseable {
  private static final Path STDOUT = Path.of("/proc/self/fd/1");

  private final Path file;
  private final Path draft;

  private ReportFile(Path file, Path draft) {
    this.file = file;
    this.draft = draft;
  }

  /**
   * @throws FileSystemException when it could not be written
   */
  static ReportFile create(Path file) throws IOException {
    if (Files.exists(file, LinkOption.NOFOLLOW_LINKS)
        && !Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)) {
      throw new FileSystemException(
          file.toString(), null, "--report takes a regular file or the name of a new one");
    }
    if (Files.exists(file) && Files.exists(STDOUT) && Files.isSameFile(file, STDOUT)) {
      throw new FileSystemException(
          file.toString(), null, "stdout is written to it: give the report a file of its own");
    }
    Path directory = file.toAbsolutePath().getParent();
    try {
      return new ReportFile(file, Files.createTempFile(directory, ".memstacks-report", ".tmp"));
    } catch (IOException e) {
      throw new FileSystemException(
          file.toString(), null, "the report cannot be written to " + directory + ": " + why(e));
    }
  }

  private static String why(IOException e) {
    return switch (e) {
      case NoSuchFileException missing -> "there is no such directory";
      case AccessDeniedException denied -> "permission denied";
      case FileSystemException known when known.getReason() != null -> known.getReason();
      default -> String.valueOf(e.getMessage());
    };
  }

  /**
   * @throws FileSystemException when it could not be written after all; what was there stays
   */
  void write(String text) throws IOException {
    try {
      Files.writeString(draft, text, StandardCharsets.UTF_8);
      move();
    } catch (IOException e) {
      throw new FileSystemException(
          file.toString(), null, "the report could not be written: " + why(e));
    }
  }

  private void move() throws IOException {
    try {
      Files.move(draft, file, StandardCopyOption.ATOMIC_MOVE);
    } catch (AtomicMoveNotSupportedException e) {
      Files.move(draft, file, StandardCopyOption.REPLACE_EXISTING);
    }
  }

  @Override
  public void close() throws IOException {
    Files.deleteIfExists(draft);
  }
}
