package org.memstacks.flamegraph.store;

/** The column {@code names}: texts in UTF-8, each ended by a line feed. */
public final class NameTexts implements AutoCloseable {
  private final Column column;
  private boolean packed;

  /**
   * An empty column.
   *
   * @param level how hard to deflate, 1 to 9
   */
  public NameTexts(int level) {
    column = new Column(level);
  }

  /** Adds a text, which has no line feed. */
  public void add(byte[] utf8) {
    column.octets(utf8);
    column.octet('\n');
  }

  /** Ends the column. */
  public FrameStore.Packed pack() {
    packed = true;
    return new FrameStore.Packed("names", column.finish());
  }

  @Override
  public void close() {
    if (!packed) {
      column.finish();
    }
  }
}
