package org.memstacks.cli;

/** The command line makes no sense; the message says what and how to say it right. */
final class UsageException extends Exception {
  private static final long serialVersionUID = 1L;

  UsageException(String message) {
    super(message);
  }
}
