package org.memstacks.collect;

/**
 * What became of a stack's blocks of an early part of the window.
 *
 * @param held were live at the look {@link Timeline#heldLook}
 * @param kept of those are live now
 */
public record Survivors(long held, long kept) {
  Survivors plus(Survivors other) {
    return new Survivors(held + other.held, kept + other.kept);
  }

  /** Without those of a part. */
  Survivors minus(Survivors part) {
    return new Survivors(held - part.held, kept - part.kept);
  }
}
