package org.memstacks.cli;

import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;

/** The process's stdout, whose errors name the file that it is. */
final class StandardOutput extends OutputStream {
  private final FileOutputStream out = new FileOutputStream(FileDescriptor.out);

  @Override
  public void write(int b) throws IOException {
    write(new byte[] {(byte) b}, 0, 1);
  }

  /**
   * @throws BrokenPipeException when the reader has left
   * @throws FileSystemException when it cannot be written for another reason
   */
  @Override
  public void write(byte[] bytes, int offset, int length) throws IOException {
    try {
      out.write(bytes, offset, length);
    } catch (IOException e) {
      if ("Broken pipe".equals(e.getMessage())) {
        throw new BrokenPipeException(e);
      }
      throw new FileSystemException(
          name(),
          null,
          "cannot be written: " + e.getMessage() + "; what it holds of the result is not all");
    }
  }

  @Override
  public void close() throws IOException {
    out.close();
  }

  private static String name() {
    try {
      return Files.readSymbolicLink(Path.of("/proc/self/fd/1")).toString();
    } catch (IOException e) {
      return "stdout";
    }
  }
}
