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

  /** Names of the process's choice must not break lines, nor reach the terminal as commands. */
  public Finding {
    text = printable(text);
    fix = fix.map(Finding::printable);
  }

  private static String printable(String text) {
    return text.replaceAll("\\p{Cntrl}", "?");
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
