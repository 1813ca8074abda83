package org.memstacks.cli;

import java.time.Duration;
import java.util.List;
import java.util.Optional;

/** The window's length, the one positional argument of the collectors. */
final class Durations {
  private static final long MAX_SECONDS = Duration.ofDays(365).toSeconds();

  private Durations() {}

  static Optional<Duration> positional(List<String> arguments) throws UsageException {
    if (arguments.isEmpty()) {
      return Optional.empty();
    }
    if (arguments.size() > 1) {
      throw new UsageException(
          "one duration in seconds is enough, not '%s'".formatted(String.join(" ", arguments)));
    }
    String text = arguments.getFirst();
    try {
      long seconds = Long.parseLong(digits(text));
      if (seconds >= 1 && seconds <= MAX_SECONDS) {
        return Optional.of(Duration.ofSeconds(seconds));
      }
    } catch (NumberFormatException e) {
      // Said below.
    }
    throw new UsageException(problem(text));
  }

  /**
   * The text of a number, if it is one in ASCII: Java takes the digits of other scripts as well.
   *
   * @throws NumberFormatException when it is not ASCII
   */
  static String digits(String text) {
    if (!text.chars().allMatch(c -> c < 0x80)) {
      throw new NumberFormatException(text);
    }
    return text;
  }

  static String problem(String text) {
    return "the duration is a whole number of seconds from 1 to %d, not '%s'; leave it out to trace until Ctrl-C"
        .formatted(MAX_SECONDS, text);
  }

  /** Whether what looks like an option is rather a negative number. */
  static boolean looksLikeNumber(String option) {
    return option.length() > 1 && option.charAt(0) == '-' && Character.isDigit(option.charAt(1));
  }
}
