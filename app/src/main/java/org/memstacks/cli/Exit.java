package org.memstacks.cli;

/** Exit codes of the collectors. */
final class Exit {
  static final int COMPLETE = 0;
  static final int FAILED = 1;
  static final int USAGE = 2;

  /** Output was written, but bytes or events are missing from it. */
  static final int INCOMPLETE = 3;

  private Exit() {}
}
