package org.memstacks.unwind;

/** A record of .eh_frame contradicts itself. Thrown often on hostile input, so without a trace. */
final class MalformedCfi extends Exception {
  private static final long serialVersionUID = 1L;

  MalformedCfi(String message) {
    super(message, null, false, false);
  }
}
