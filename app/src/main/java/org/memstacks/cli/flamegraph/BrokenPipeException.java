package org.memstacks.cli.flamegraph;

/** Whoever read our output has gone: a quiet end. */
final class BrokenPipeException extends Exception {
  private static final long serialVersionUID = 1L;
}
