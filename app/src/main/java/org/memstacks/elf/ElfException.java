package org.memstacks.elf;

import java.io.IOException;

/**
 * An object that is not ELF64 little-endian, is of another machine, or contradicts itself. The
 * message is at most {@value #MAX_MESSAGE} characters long, whatever the file contained.
 */
public sealed class ElfException extends IOException permits NotElfException {
  private static final long serialVersionUID = 1L;
  private static final int MAX_MESSAGE = 300;

  public ElfException(String message) {
    super(
        message.length() <= MAX_MESSAGE ? message : message.substring(0, MAX_MESSAGE - 3) + "...");
  }
}
