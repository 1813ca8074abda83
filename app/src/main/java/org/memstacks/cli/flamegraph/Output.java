package org.memstacks.cli.flamegraph;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;

/** Writes to standard output, or to a file which is replaced as a whole or not at all. */
final class Output {
  private Output() {}

  /** Writes the content. */
  interface Writer {
    void write(OutputStream out) throws IOException;
  }

  static void write(OutputStream standardOut, Writer writer)
      throws IOException, BrokenPipeException {
    try {
      writer.write(standardOut);
      standardOut.flush();
    } catch (IOException e) {
      if ("Broken pipe".equals(e.getMessage())) {
        throw new BrokenPipeException();
      }
      throw e;
    }
  }

  static void write(Path file, Writer writer) throws IOException {
    if (Files.exists(file) && !Files.isRegularFile(file)) {
      writeThrough(file, writer);
      return;
    }
    Path target = Files.isSymbolicLink(file) ? file.toRealPath() : file;
    Path folder = target.toAbsolutePath().getParent();
    if (!Files.isDirectory(folder)) {
      throw new FileSystemException(file.toString(), null, "there is no folder " + folder);
    }
    Path draft = folder.resolve("." + target.getFileName() + "." + ProcessHandle.current().pid());
    try {
      try (OutputStream out = Files.newOutputStream(draft)) {
        writer.write(out);
      }
      if (Files.exists(target, LinkOption.NOFOLLOW_LINKS)) {
        Files.setPosixFilePermissions(draft, Files.getPosixFilePermissions(target));
      }
      Files.move(
          draft, target, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    } finally {
      Files.deleteIfExists(draft);
    }
  }

  /** A device or a pipe cannot be replaced. */
  private static void writeThrough(Path file, Writer writer) throws IOException {
    if (Files.isDirectory(file)) {
      throw new FileSystemException(file.toString(), null, "is a folder");
    }
    try (OutputStream out = Files.newOutputStream(file)) {
      writer.write(out);
    }
  }
}
