package org.memstacks.flamegraph.store;

import java.io.IOException;
import java.util.List;
import org.memstacks.flamegraph.tree.FrameTree;

/** Packs a tree in a thread of its own, while the picture is laid out and drawn. */
public final class Packing {
  /** Large trees are deflated with less effort: about 6% more bytes in half the time. */
  private static final int LARGE = 50_000;

  private static final int EFFORT = 6;
  private static final int EFFORT_FOR_LARGE = 1;

  private final FrameTree tree;
  private final int level;
  private final Thread thread;
  private FrameStore store;
  private List<FrameStore.Packed> columns;
  private Throwable failure;

  private Packing(FrameTree tree) {
    this.tree = tree;
    this.level = tree.size() > LARGE ? EFFORT_FOR_LARGE : EFFORT;
    this.thread = new Thread(this::pack, "frame-packer");
    thread.setDaemon(true);
  }

  /** Starts to pack a tree, which is only read. */
  public static Packing start(FrameTree tree) {
    Packing packing = new Packing(tree);
    packing.thread.start();
    return packing;
  }

  private void pack() {
    try {
      store = FrameStore.of(tree);
      columns = store.pack(level);
    } catch (RuntimeException | OutOfMemoryError e) {
      failure = e;
    }
  }

  /** How hard to deflate what goes with the columns. */
  public int level() {
    return level;
  }

  /**
   * Waits for the columns.
   *
   * @throws IOException if the calling thread is interrupted
   */
  public void await() throws IOException {
    try {
      thread.join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted while writing", e);
    }
    if (failure instanceof RuntimeException e) {
      throw e;
    }
    if (failure instanceof Error e) {
      throw e;
    }
  }

  /** The store, after {@link #await}. */
  public FrameStore store() {
    return store;
  }

  /** The columns of frames, after {@link #await}. */
  public List<FrameStore.Packed> columns() {
    return columns;
  }
}
