package org.memstacks.symbol;

/**
 * A place in source code.
 *
 * @param file as the compiler recorded it, usually with directories
 * @param line from 1
 */
public record SourceLine(String file, int line) {
  /** The file's last component and the line. */
  public String text() {
    return file.substring(file.lastIndexOf('/') + 1) + ":" + line;
  }
}
