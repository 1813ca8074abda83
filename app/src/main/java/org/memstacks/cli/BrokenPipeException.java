package org.memstacks.cli;

import java.io.IOException;

/** Whoever read stdout has left; it needs no more, and is told nothing. */
final class BrokenPipeException extends IOException {
  private static final long serialVersionUID = 1L;

  BrokenPipeException(IOException cause) {
    super(cause.getMessage(), cause);
  }
}
