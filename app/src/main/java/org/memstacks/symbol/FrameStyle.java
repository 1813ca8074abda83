package org.memstacks.symbol;

/**
 * How frames are written.
 *
 * @param offsets {@code name+0x1f}: the distance from the function's first byte
 * @param modules {@code name [libc.so.6]}: the object after the name
 * @param lines {@code name (malloc.c:3302)}: where in the source, as far as that is known
 */
public record FrameStyle(boolean offsets, boolean modules, boolean lines) {
  /** The name alone, so that stacks that differ only in offsets are equal. */
  public static final FrameStyle PLAIN = new FrameStyle(false, false, false);

  /** Without lines. */
  public FrameStyle(boolean offsets, boolean modules) {
    this(offsets, modules, false);
  }
}
