package org.memstacks.flamegraph.store;

import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.memstacks.flamegraph.tree.FrameTree;
import org.memstacks.flamegraph.tree.StackTree;

/**
 * Packs a tree in threads of its own: names are numbered while the tree is put in order, frames are
 * listed while the picture is laid out and drawn, and columns deflated by whoever has the time.
 */
public final class Packing {
  /** Large trees are deflated with less effort: about 6% more bytes in half the time. */
  private static final int LARGE = 50_000;

  private static final int EFFORT = 6;
  private static final int EFFORT_FOR_LARGE = 1;

  private final int level;
  private final Background<NameNumbers> numbers;
  private Background<List<Column>> listing;
  private Background<Column.Packed[]> deflating;

  /** How many columns are deflated, or about to be. */
  private final AtomicInteger taken = new AtomicInteger();

  private Packing(StackTree stacks) {
    level = stacks.size() > LARGE ? EFFORT_FOR_LARGE : EFFORT;
    numbers = Background.start("name-counter", () -> NameNumbers.of(stacks));
  }

  /** Starts with what does not depend on the order of frames. */
  public static Packing start(StackTree stacks) {
    return new Packing(stacks);
  }

  /** Goes on with the finished tree, which is only read. */
  public void order(FrameTree tree) {
    listing = Background.start("frame-lister", () -> FrameStore.columns(tree, numbers.await()));
    deflating = Background.start("column-packer", this::deflate);
  }

  /** Deflates columns nobody else has taken, the last one first: the names take longest. */
  private Column.Packed[] deflate() throws IOException {
    List<Column> columns = listing.await();
    Column.Packed[] packed = new Column.Packed[columns.size()];
    for (int i; (i = packed.length - 1 - taken.getAndIncrement()) >= 0; ) {
      packed[i] = pack(columns.get(i));
    }
    return packed;
  }

  /**
   * Waits for the columns of frames, and helps to deflate them.
   *
   * @throws IOException if the calling thread is interrupted
   */
  public List<Column.Packed> columns() throws IOException {
    Column.Packed[] packed = deflate();
    Column.Packed[] others = deflating.await();
    for (int i = 0; i < packed.length; i++) {
      packed[i] = packed[i] == null ? others[i] : packed[i];
    }
    return Arrays.asList(packed);
  }

  /** Packs a column that goes with those of frames. */
  public Column.Packed pack(Column column) {
    return column.pack(level);
  }

  /**
   * The names' numbers in the tree, in the order of their numbers in the columns.
   *
   * @throws IOException if the calling thread is interrupted
   */
  public int[] names() throws IOException {
    return numbers.await().names();
  }
}
