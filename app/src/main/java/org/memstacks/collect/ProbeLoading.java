package org.memstacks.collect;

import java.io.IOException;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.FutureTask;
import org.memstacks.bpf.BpfException;

/**
 * Loads the programs for ways to attach, the best way first. The first that the kernel takes is
 * loaded on another thread: the kernel verifies it while the allocator is looked for.
 */
final class ProbeLoading implements AutoCloseable {
  /** Loads the programs for one way. */
  @FunctionalInterface
  interface Loader {
    /**
     * @throws BpfException when the kernel refuses
     */
    MallocProbes load(AttachKind kind) throws IOException;
  }

  private final Iterator<AttachKind> ways;
  private final Loader loader;
  private final boolean all;
  private final AttachAttempts attempts = new AttachAttempts();
  private final FutureTask<Optional<MallocProbes>> first = new FutureTask<>(this::load);
  private boolean firstTaken;

  private ProbeLoading(List<AttachKind> ways, boolean all, Loader loader) {
    this.ways = ways.iterator();
    this.all = all;
    this.loader = loader;
  }

  /**
   * @param all whether requests alone are to be counted
   */
  static ProbeLoading start(List<AttachKind> ways, boolean all, Loader loader) {
    ProbeLoading loading = new ProbeLoading(ways, all, loader);
    Thread.ofPlatform().daemon().name("loading").start(loading.first);
    return loading;
  }

  /**
   * The programs for the best way that was not given yet, to be closed by the caller; empty when
   * there is none.
   *
   * @throws InsufficientMemoryException when the tables would not fit
   */
  Optional<MallocProbes> next() throws IOException {
    if (firstTaken) {
      return load();
    }
    firstTaken = true;
    return SideThread.result(first, "BPF programs were being loaded");
  }

  /** The kernel loaded the programs for this way, and refused to attach them. */
  void refused(AttachKind kind, BpfException why) {
    attempts.refused(kind, why);
  }

  /** The ways that did not work so far. */
  AttachAttempts attempts() {
    return attempts;
  }

  /** Unloads what was loaded in vain. */
  @Override
  public void close() {
    if (firstTaken) {
      return;
    }
    try {
      next().ifPresent(MallocProbes::close);
    } catch (IOException | RuntimeException | Error e) {
      // What made the loading vain is reported.
    }
  }

  private Optional<MallocProbes> load() throws IOException {
    while (ways.hasNext()) {
      AttachKind kind = ways.next();
      try {
        MallocProbes probes = loader.load(kind);
        if (probes.filtersByProcess(all)) {
          return Optional.of(probes);
        }
        attempts.unsuitable(
            kind, "this kernel's uprobe multi links filter by thread; use --attach perf");
        probes.close();
      } catch (BpfException e) {
        attempts.refused(kind, e);
      }
    }
    return Optional.empty();
  }
}
