package org.memstacks.target;

import java.io.IOException;

/** The process cannot be observed; the message says why and what to do. */
public final class TargetException extends IOException {
  private static final long serialVersionUID = 1L;

  public TargetException(String message) {
    super(message);
  }

  public TargetException(String message, Throwable cause) {
    super(message, cause);
  }
}
