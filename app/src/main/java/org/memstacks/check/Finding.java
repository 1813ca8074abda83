package org.memstacks.check;

import java.util.Optional;

/**
 * One thing that tracing depends on.
 *
 * @param subject in a word or two
 * @param text what was found
 * @param fix what to do about it, a command where there is one
 */
public record Finding(Level level, String subject, String text, Optional<String> fix) {
  /** What it means for tracing. */
  public enum Level {
    /** As it should be. */
    OK,
    /** Tracing works; its result or its cost could be better. */
    NOTE,
    /** Tracing does not work. */
    MISSING
  }

  static Finding ok(String subject, String text) {
    return new Finding(Level.OK, subject, text, Optional.empty());
  }

  static Finding note(String subject, String text, String fix) {
    return new Finding(Level.NOTE, subject, text, Optional.of(fix));
  }

  static Finding missing(String subject, String text, Optional<String> fix) {
    return new Finding(Level.MISSING, subject, text, fix);
  }

  static Finding missing(String subject, String text, String fix) {
    return missing(subject, text, Optional.of(fix));
  }
}
