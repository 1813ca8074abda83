package org.memstacks.flamegraph.palette;

/**
 * A vertical gradient behind the frames.
 *
 * @param top a colour {@code #rrggbb}
 * @param bottom a colour {@code #rrggbb}
 */
public record Background(String top, String bottom) {
  private static final Background YELLOW = new Background("#eeeeee", "#eeeeb0");
  private static final Background BLUE = new Background("#eeeeee", "#e0e0ff");
  private static final Background GREEN = new Background("#eef2ee", "#e0ffe0");
  private static final Background GREY = new Background("#f8f8f8", "#e8e8e8");

  /** The gradient named yellow, blue, green or grey, or one {@code #rrggbb}; null if neither. */
  public static Background parse(String text) {
    return switch (text) {
      case "yellow" -> YELLOW;
      case "blue" -> BLUE;
      case "green" -> GREEN;
      case "grey", "gray" -> GREY;
      default -> isColor(text) ? new Background(text, text) : null;
    };
  }

  /** What flamegraph.pl puts behind a palette. */
  public static Background of(Palette palette) {
    return switch (palette) {
      case MEM -> GREEN;
      case IO, WAKEUP, CHAIN -> BLUE;
      case RED, GREEN, BLUE, AQUA, YELLOW, PURPLE, ORANGE -> GREY;
      default -> YELLOW;
    };
  }

  /** Whether the text is {@code #} and six hexadecimal digits. */
  public static boolean isColor(String text) {
    if (text.length() != 7 || text.charAt(0) != '#') {
      return false;
    }
    for (int i = 1; i < 7; i++) {
      if (Character.digit(text.charAt(i), 16) < 0 || text.charAt(i) > 'f') {
        return false;
      }
    }
    return true;
  }
}
