package org.memstacks.cli.flamegraph;

import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;

/** Writes to standard output, or to a file which is replaced as a whole or not at all. */
final class Output {
  private static final String BROKEN_PIPE = "Broken pipe";

  private Output() {}

  /** Writes the content. */
  interface Writer {
    void write(OutputStream out) throws IOException;
  }

  static void write(OutputStream standardOut, Writer writer)
      throws IOException, BrokenPipeException {
    writeThrough("standard output", standardOut, writer);
  }

  static void write(Path file, Writer writer) throws IOException, BrokenPipeException {
    if (Files.isDirectory(file)) {
      throw new FileSystemException(file.toString(), null, "is a folder");
    }
    if (Files.exists(file) && !Files.isRegularFile(file)) {
      // A device or a pipe cannot be replaced.
      try (OutputStream out = Files.newOutputStream(file)) {
        writeThrough(file.toString(), out, writer);
      }
      return;
    }
    replace(file, target(file), writer);
  }

  private static void replace(Path file, Path target, Writer writer) throws IOException {
    Path folder = target.toAbsolutePath().getParent();
    if (!Files.isDirectory(folder)) {
      throw new FileSystemException(file.toString(), null, "there is no folder " + folder);
    }
    String number = ProcessHandle.current().pid() + "." + Long.toHexString(System.nanoTime());
    Path draft = folder.resolve(".flamegraph." + number);
    draft.toFile().deleteOnExit();
    try {
      try (OutputStream out = new NamedStream(file + " is as it was", draftStream(draft, folder))) {
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

  /**
   * A new file: in a folder that others write to, the name may be taken, or be a link of theirs.
   */
  private static OutputStream draftStream(Path draft, Path folder) throws IOException {
    try {
      return Files.newOutputStream(draft, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
    } catch (AccessDeniedException e) {
      AccessDeniedException denied = new AccessDeniedException(folder.toString());
      denied.initCause(e);
      throw denied;
    }
  }

  /** The file itself, or what it links to, which need not be there yet. */
  private static Path target(Path file) throws IOException {
    if (!Files.isSymbolicLink(file)) {
      return file;
    }
    if (Files.exists(file)) {
      return file.toRealPath();
    }
    Path target = file.resolveSibling(Files.readSymbolicLink(file));
    if (Files.isSymbolicLink(target)) {
      throw new FileSystemException(file.toString(), null, "is a link that leads nowhere");
    }
    return target;
  }

  private static void writeThrough(String name, OutputStream stream, Writer writer)
      throws IOException, BrokenPipeException {
    OutputStream out = new NamedStream(name + " is incomplete", stream);
    try {
      writer.write(out);
      out.flush();
    } catch (FileSystemException e) {
      if (e.getCause() != null && BROKEN_PIPE.equals(e.getCause().getMessage())) {
        throw new BrokenPipeException();
      }
      throw e;
    }
  }

  /** Tells failures to write from failures to read. */
  private static final class NamedStream extends FilterOutputStream {
    private final String consequence;

    NamedStream(String consequence, OutputStream out) {
      super(out);
      this.consequence = consequence;
    }

    @Override
    public void write(int b) throws IOException {
      write(new byte[] {(byte) b}, 0, 1);
    }

    @Override
    public void write(byte[] bytes, int offset, int length) throws IOException {
      try {
        out.write(bytes, offset, length);
      } catch (IOException e) {
        throw named(e);
      }
    }

    @Override
    public void flush() throws IOException {
      try {
        out.flush();
      } catch (IOException e) {
        throw named(e);
      }
    }

    private FileSystemException named(IOException e) {
      FileSystemException named =
          new FileSystemException("cannot write", null, e.getMessage() + "; " + consequence);
      named.initCause(e);
      return named;
    }
  }
}
