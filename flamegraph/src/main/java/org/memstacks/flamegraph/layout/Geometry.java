package org.memstacks.flamegraph.layout;

/**
 * The measures of a picture, in pixels.
 *
 * @param width of the whole picture
 * @param frameHeight of a row of frames, its one pixel of padding included
 * @param fontSize of the frame labels
 * @param fontWidth average width of a character, relative to the font size
 * @param inverted whether the root is at the top (icicle graph)
 * @param subtitle whether room is needed for a subtitle
 */
public record Geometry(
    int width,
    int frameHeight,
    double fontSize,
    double fontWidth,
    boolean inverted,
    boolean subtitle) {
  /** Left and right of the frames. */
  public static final int X_PAD = 10;

  private static final int FRAME_PAD = 1;
  private static final int LABEL_INDENT = 3;
  private static final int SHORTEST_LABEL = 3;

  /** Room for frames between left and right. */
  public double frameWidth() {
    return width - 2.0 * X_PAD;
  }

  private double top() {
    return fontSize * 3 + (subtitle ? fontSize * 2 : 0);
  }

  private double bottom() {
    return fontSize * 2 + 10;
  }

  /**
   * Height of the picture when the deepest frame drawn is at {@code maxDepth}; the root is at 0.
   */
  public double height(int maxDepth) {
    return (maxDepth + 1.0) * frameHeight + top() + bottom();
  }

  /** Upper edge of the frames at a depth. */
  public double frameTop(int depth, double height) {
    return inverted
        ? top() + (double) depth * frameHeight
        : height - bottom() - (depth + 1.0) * frameHeight + FRAME_PAD;
  }

  /** Height of the rectangle of a frame. */
  public int rectHeight() {
    return frameHeight - FRAME_PAD;
  }

  /** Base line of the labels of the frames whose upper edge is given. */
  public double labelBase(double frameTop) {
    return 3 + frameTop + rectHeight() / 2.0;
  }

  /** Left edge of the label of a frame whose left edge is given. */
  public double labelLeft(double frameLeft) {
    return frameLeft + LABEL_INDENT;
  }

  /** Base line of the title. */
  public double titleBase() {
    return fontSize * 2;
  }

  /** Base line of the subtitle. */
  public double subtitleBase() {
    return fontSize * 4;
  }

  /** Base line of the details under the frames. */
  public double detailsBase(double height) {
    return height - bottom() / 2;
  }

  /** Characters that fit into a frame; 0 when it is too narrow for a label. */
  public int labelCharacters(double frameWidth) {
    double characters = frameWidth / (fontSize * fontWidth);
    return characters < SHORTEST_LABEL ? 0 : (int) Math.min(Integer.MAX_VALUE, characters);
  }
}
