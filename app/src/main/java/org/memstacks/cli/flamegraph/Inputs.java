package org.memstacks.cli.flamegraph;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** The files to read, or standard input. */
final class Inputs implements AutoCloseable {
  private final List<InputStream> streams = new ArrayList<>();

  private Inputs() {}

  /** Opens all files, so that a missing one is told before anything is read. */
  static Inputs open(List<String> files, InputStream standardIn) throws IOException {
    Inputs inputs = new Inputs();
    try {
      for (String file : files) {
        inputs.streams.add(file.equals("-") ? standardIn : open(Path.of(file)));
      }
    } catch (IOException e) {
      inputs.close();
      throw e;
    }
    if (inputs.streams.isEmpty()) {
      inputs.streams.add(standardIn);
    }
    return inputs;
  }

  private static InputStream open(Path file) throws IOException {
    if (Files.isDirectory(file)) {
      throw new FileSystemException(file.toString(), null, "is a folder, not a file of stacks");
    }
    return Files.newInputStream(file);
  }

  List<InputStream> streams() {
    return streams;
  }

  @Override
  public void close() throws IOException {
    for (InputStream stream : streams) {
      stream.close();
    }
  }
}
