package org.memstacks.collect;

/**
 * The tables of all processes that one run traces at once: together they take what those of one
 * process may take alone, and only little more for each process that comes with its own code.
 */
public final class SharedTables {
  private final TraceOptions options;
  private final int processes;
  private final LiveBudget live;

  private SharedTables(TraceOptions options, int processes) {
    this.options = options;
    this.processes = processes;
    this.live = new LiveBudget(Sizes.liveBuckets(options.maxLive()));
  }

  /**
   * @param options whose limits are those of all together
   * @param processes traced at once, at most
   */
  public static SharedTables among(int processes, TraceOptions options) {
    return new SharedTables(options, processes);
  }

  TraceOptions options() {
    return options;
  }

  /** Whether others share the limits. */
  boolean isShared() {
    return processes > 1;
  }

  /** How many blocks a process can be expected to have; it may have more if others have less. */
  int liveBlocks() {
    return share(options.maxLive());
  }

  /** How many different stacks can be kept of a process. */
  int stacks() {
    return share(options.stackStorage());
  }

  /** A process's part of something, at least 1. */
  int share(int whole) {
    return Math.max(1, whole / processes);
  }

  /** What the tables of live blocks may still take. */
  LiveBudget live() {
    return live;
  }
}
