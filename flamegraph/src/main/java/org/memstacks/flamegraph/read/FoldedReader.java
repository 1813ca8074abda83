package org.memstacks.flamegraph.read;

import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.List;
import org.memstacks.flamegraph.tree.StackTree;
import org.memstacks.flamegraph.tree.TreeMerge;

/**
 * Reads folded stacks; several inputs are summed, or the first one is what the second is compared
 * with. Large inputs are parsed by several threads, each into a tree of its own.
 */
public final class FoldedReader {
  private static final int MAX_THREADS = 4;

  /** Over the number of frames foreseen, so that columns seldom grow a second time. */
  private static final double SLACK = 1.05;

  /** The same where others may be slower, so that more of the input falls to this one. */
  private static final double SLACK_OF_SHARER = 1.15;

  private final LineOptions options;

  public FoldedReader(LineOptions options) {
    this.options = options;
  }

  /**
   * Reads every input to its end.
   *
   * @throws IOException if an input cannot be read, or a line is longer than 1 GiB
   * @throws org.memstacks.flamegraph.tree.TreeLimitException if the counts cannot be summed exactly
   */
  public FoldedInput read(List<InputStream> inputs) throws IOException {
    Blocks blocks = new Blocks(inputs);
    Worker first = new Worker(blocks, options);
    Blocks.Block ahead = new Blocks.Block();
    boolean more = blocks.next(first.block) && blocks.next(ahead);
    List<Worker> others = more ? start(blocks) : List.of();
    first.parse(first.block);
    if (more) {
      first.parse(ahead);
      first.run();
    }
    StackTree tree = first.parser.tree();
    Comments comments = first.parser.comments();
    long ignored = first.parser.ignored();
    long withoutBase = first.parser.withoutBase();
    first.check();
    for (Worker worker : others) {
      worker.await();
    }
    for (Worker worker : others) {
      worker.check();
      tree = TreeMerge.of(tree, worker.parser.tree());
      comments.addAll(worker.parser.comments());
      ignored += worker.parser.ignored();
      withoutBase += worker.parser.withoutBase();
    }
    return new FoldedInput(tree, ignored, withoutBase, comments.lines());
  }

  private List<Worker> start(Blocks blocks) {
    int processors = Runtime.getRuntime().availableProcessors();
    int threads = options.chart() ? 1 : Math.min(processors, MAX_THREADS);
    List<Worker> workers = new ArrayList<>();
    for (int i = 1; i < threads; i++) {
      Worker worker = new Worker(blocks, options);
      worker.sharers = threads;
      worker.thread = new Thread(worker, "folded-reader-" + i);
      worker.thread.setDaemon(true);
      worker.thread.start();
      workers.add(worker);
    }
    return workers;
  }

  private static final class Worker implements Runnable {
    private final Blocks blocks;
    private final LineParser parser;
    private final Blocks.Block block = new Blocks.Block();
    private Thread thread;

    /**
     * Among how many workers the rest is divided; 1 for the first, whose tree is to take up all.
     */
    private int sharers = 1;

    private long parsed;

    private IOException readFailure;
    private Throwable parseFailure;

    Worker(Blocks blocks, LineOptions options) {
      this.blocks = blocks;
      this.parser = new LineParser(options);
    }

    boolean step() throws IOException {
      boolean any = blocks.next(block);
      if (any) {
        parse(block);
      }
      return any;
    }

    void parse(Blocks.Block lines) throws IOException {
      int before = parser.tree().size();
      parser.parse(lines);
      int after = parser.tree().size();
      parsed += lines.length();
      long rest = sharers == 1 ? blocks.total() - parsed : blocks.remaining() / sharers;
      double more = (double) rest / lines.length() * (after - before);
      parser.tree().expect((long) ((sharers == 1 ? SLACK : SLACK_OF_SHARER) * (after + more)));
    }

    @Override
    public void run() {
      try {
        boolean more = true;
        while (more) {
          more = step();
        }
      } catch (IOException e) {
        readFailure = e;
      } catch (RuntimeException | OutOfMemoryError e) {
        parseFailure = e;
      }
    }

    void await() throws IOException {
      try {
        thread.join();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new IOException("interrupted while reading", e);
      }
    }

    void check() throws IOException {
      if (readFailure != null) {
        throw readFailure;
      }
      if (parseFailure instanceof RuntimeException e) {
        throw e;
      }
      if (parseFailure instanceof Error e) {
        throw e;
      }
    }
  }
}
