package org.memstacks.flamegraph.paint;

import java.math.BigDecimal;
import org.memstacks.flamegraph.palette.Background;

/**
 * Texts and switches of a picture. All texts may hold anything; they are escaped when written.
 *
 * @param title over the frames
 * @param subtitle under the title, empty for none
 * @param notes a comment in the file, empty for none
 * @param nameType what a name is, before the details
 * @param countName what the counts are
 * @param fontType font of all text
 * @param factor multiplies the counts shown; null for 1
 * @param background behind the frames
 * @param searchColor of frames found, {@code #rrggbb} or rgb(r,g,b)
 * @param negate whether to swap the hues of differences
 * @param fluid whether the script may fit the picture to the window's width
 * @param script whether to put the script into the file
 * @param units whether human units stand beside bytes and pages
 * @param truncateLeft whether to keep the end of labels that do not fit rather than the start
 */
public record PictureOptions(
    String title,
    String subtitle,
    String notes,
    String nameType,
    String countName,
    String fontType,
    BigDecimal factor,
    Background background,
    String searchColor,
    boolean negate,
    boolean fluid,
    boolean script,
    HumanUnits units,
    boolean truncateLeft) {
  /** Where the size of bytes and pages is given in KiB, MiB and so on as well. */
  public enum HumanUnits {
    NOWHERE,
    DETAILS,
    TITLES
  }
}
