package org.memstacks.elf;

/** The file makes no claim to be ELF: nothing is wrong with it, only it has no symbols. */
public final class NotElfException extends ElfException {
  private static final long serialVersionUID = 1L;

  NotElfException(String message) {
    super(message);
  }
}
