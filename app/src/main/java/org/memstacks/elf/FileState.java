package org.memstacks.elf;

import java.io.IOException;

/** Tells whether a file's contents may be others than when it was opened. */
public interface FileState extends AutoCloseable {
  /** That of a file of our own, which nobody changes. */
  FileState CONSTANT = () -> false;

  /** Whether it was written to, or cut short, since it was opened. */
  boolean hasChanged();

  @Override
  default void close() throws IOException {}
}
