package org.memstacks.fault;

import static java.lang.foreign.ValueLayout.JAVA_INT;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.memstacks.bpf.BpfException;
import org.memstacks.bpf.BpfObject;
import org.memstacks.bpf.Layouts.FaultControl;
import org.memstacks.bpf.Layouts.FaultStat;
import org.memstacks.collect.AttachAttempts;
import org.memstacks.collect.AttachKind;
import org.memstacks.collect.CodeWatch;
import org.memstacks.collect.MappingCalls;
import org.memstacks.collect.ReturnProbeHazard;
import org.memstacks.collect.StackStore;
import org.memstacks.fault.FaultProfile.Basis;
import org.memstacks.fault.FaultProfile.SinceLook;
import org.memstacks.mapping.MappingFunction;
import org.memstacks.target.Folios;
import org.memstacks.target.LoadedObjects;
import org.memstacks.target.MappingRoom;
import org.memstacks.target.MemoryMap;
import org.memstacks.target.Pagemap;
import org.memstacks.target.TargetException;
import org.memstacks.target.TargetProcess;
import org.memstacks.unwind.UnwindCache;

/**
 * Traces the page faults of one process: {@link #attach}, {@link #begin} the window, {@link #poll}
 * in it, {@link #end} it, then {@link #profile}. Closing detaches everything at any point.
 */
public final class FaultTrace implements AutoCloseable {
  private static final String NOT_FOUND =
      "none of them was found in the process: a static executable without symbols, or a program that"
          + " makes its system calls itself";

  private final FaultProbes probes;
  private final FaultSizes sizes;
  private final TargetProcess target;
  private final CodeWatch code;
  private final MappingCalls calls;
  private final Arena arena = Arena.ofShared();
  private final MemorySegment control;
  private final PageTable table;
  private final PageChanges changes;
  private final GrowthAccount account = new GrowthAccount();
  private Optional<ThreadPointers> threads = Optional.empty();
  private Optional<Residency> residency = Optional.empty();
  private boolean executed;
  private long unreconciled;
  private long lostDropsBefore;
  private boolean framesSeen = true;
  private PageRecords records;

  private FaultTrace(
      FaultProbes probes,
      FaultSizes sizes,
      TargetProcess target,
      CodeWatch code,
      MappingCalls calls) {
    this.probes = probes;
    this.sizes = sizes;
    this.target = target;
    this.code = code;
    this.calls = calls;
    this.control = probes.object().map(".data.faults").mapped(arena);
    this.table = new PageTable(probes.object(), sizes, arena);
    this.changes = new PageChanges(probes.object(), sizes, control, arena);
    code.publishTo(probes.object(), sizes.stacks(), arena);
    PageTables.find(probes.object(), control);
  }

  /** Begins to load what {@link #attach} needs, while the target is looked at. */
  public static void warmUp() {
    BpfObject.warmUp(FaultProbes.OBJECT);
  }

  /**
   * Attaches in the best way the kernel offers, or in the one asked for. Nothing is recorded yet.
   *
   * @param map what the target has mapped
   * @param loaded the objects mapped, to stay open as long as this
   * @throws BpfException the best way's refusal, when the kernel refuses every way
   * @throws IOException when the kernel lacks a tracepoint, memory is short, or the target ended
   */
  public static FaultTrace attach(
      TargetProcess target,
      MemoryMap map,
      LoadedObjects loaded,
      UnwindCache cache,
      FaultOptions options)
      throws IOException {
    Optional<String> noRoom = MappingRoom.shortage(map);
    MappingCalls calls =
        noRoom.isPresent()
            ? MappingCalls.none("the process has " + noRoom.get())
            : MappingCalls.find(target, map, loaded);
    CodeWatch code = CodeWatch.of(target, map, loaded, cache);
    FaultSizes sizes = FaultSizes.of(options, code.sizes(options.stackStorage()));
    boolean returns = !ReturnProbeHazard.threatens(target);
    List<AttachKind> ways =
        options.attach().map(List::of).orElse(List.of(AttachKind.values())).stream()
            .filter(kind -> returns || kind != AttachKind.SESSION)
            .toList();
    AttachAttempts attempts = new AttachAttempts();
    for (AttachKind kind : ways) {
      FaultProbes probes = null;
      try {
        probes = FaultProbes.load(kind, options, sizes, target.pid(), returns);
        if (probes.filtersByProcess()) {
          FaultTrace trace = new FaultTrace(probes, sizes, target, code, calls);
          probes.attach(target.pid(), calls.calls());
          return trace;
        }
        attempts.unsuitable(
            kind, "this kernel's uprobe multi links filter by thread; use --attach perf");
        probes.close();
      } catch (BpfException e) {
        if (probes != null) {
          probes.close();
        }
        attempts.refused(kind, e);
      } catch (IOException e) {
        if (probes != null) {
          probes.close();
        }
        throw e;
      }
    }
    throw attempts.verdict();
  }

  /**
   * Opens the window.
   *
   * @throws TargetException when the target has ended
   */
  public void begin() throws IOException {
    threads = probes.threadPointers(target.pid());
    // Makes the address space known.
    threads.ifPresent(ThreadPointers::now);
    // Recorded first: what comes while the first look is taken is seen in any case.
    control.set(JAVA_INT, FaultControl.PHASE, FaultControl.RECORDED);
    residency = Residency.open(target, threads);
    if (residency.isPresent()) {
      account.begin(residency.get().last());
    }
  }

  /**
   * To be called several times a second in the window.
   *
   * @return the new map, when there is other code than before
   */
  public Optional<MemoryMap> poll() {
    changes.drain(account);
    long lostDrops = changes.lostDrops();
    residency
        .filter(Residency::lookAgain)
        .ifPresent(looks -> {
          account.looked(looks.last().scannedAt());
          lostDropsBefore = lostDrops;
        });
    return code.refresh();
  }

  /** Whether the process executed another program, which ended the window. */
  public boolean hasExecuted() {
    return control.get(JAVA_INT, FaultControl.EXECS) != 0;
  }

  /**
   * Takes the last look and closes the window.
   *
   * @param keepProbes whether the probes stay in, idle, until this is closed; else they are
   *     detached
   */
  public void end(boolean keepProbes) {
    executed = hasExecuted();
    residency.ifPresent(executed ? Residency::end : looks -> looks.lookLast(new LastRecords()));
    control.set(JAVA_INT, FaultControl.PHASE, FaultControl.IGNORED);
    if (!keepProbes) {
      probes.detach();
    }
  }

  /** What was recorded of pages when the last look was taken. */
  private final class LastRecords implements Residency.Recording {
    @Override
    public void hold() {
      control.set(JAVA_INT, FaultControl.PHASE, FaultControl.CLOSING);
    }

    @Override
    public void keep() {
      records = null;
      records = table.read();
    }

    @Override
    public void resume() {
      if (!hasExecuted()) {
        control.set(JAVA_INT, FaultControl.PHASE, FaultControl.RECORDED);
      }
    }
  }

  /** What the window brought; to be called after {@link #end}. */
  public FaultProfile profile() {
    residency
        .filter(Residency::isFinal)
        .ifPresent(looks -> {
          account.looked(looks.last().scannedAt());
          account.ended(looks.last().scannedAt());
        });
    changes.drain(account);
    Basis basis = reconcile(records == null ? table.read() : records);
    StackStore store = StackStore.of(probes.object(), arena, FaultTrace::leaf);
    SinceLook since =
        new SinceLook(
            residency.map(Residency::ageMillis).orElse(0L),
            unreconciled,
            account.givenBack(),
            basis == Basis.BEFORE_END
                ? account.lostDrops() + changes.lostDrops() - lostDropsBefore
                : 0);
    Map<FaultStat, Long> counters = counters();
    boolean recordsLost =
        since.lostCalls() + changes.lostMoves() + counters.get(FaultStat.LOST) > 0;
    return new FaultProfile(
        account.growth(store::stack, recordsLost),
        residency.filter(Residency::hasLooked).isPresent() ? account.gonePages() : 0,
        account.residentChange(),
        residency.map(Residency::kernelCount).orElse(KernelCount.UNKNOWN),
        basis,
        since,
        framesSeen,
        counters,
        changes.lostMoves());
  }

  private Basis reconcile(PageRecords records) {
    if (residency.isEmpty()) {
      Optional<MemoryMap> map = executed ? Optional.empty() : mapNow();
      unreconciled =
          account.records(
              records,
              page -> place(map, page).filter(place -> map.isEmpty() || isMapped(map.get(), page)));
      return map.isPresent() ? Basis.MAPS : Basis.RECORDS;
    }
    int lockAll = control.get(JAVA_INT, FaultControl.LOCK_ALL);
    Residency looks = residency.get();
    boolean huge = HugePages.ofKernel().huge();
    Optional<Folios> folios = looks.isFinal() ? Folios.of(target.pid()) : Optional.empty();
    framesSeen = folios.isPresent() || !looks.isFinal();
    try {
      account.end(
          looks.last(),
          records,
          then ->
              new PageAttribution(
                  then,
                  page -> folios.flatMap(known -> known.of(page)),
                  page -> isAnonymous(looks.last().map(), page),
                  huge,
                  seesWindows(),
                  lockAll));
    } finally {
      folios.ifPresent(Folios::close);
    }
    if (looks.isFinal()) {
      return Basis.SNAPSHOTS;
    }
    unreconciled = account.records(records, page -> place(Optional.of(looks.last().map()), page));
    return looks.hasLooked() ? Basis.BEFORE_END : Basis.RECORDS;
  }

  private Optional<MemoryMap> mapNow() {
    try {
      MemoryMap map = MemoryMap.of(target.pid());
      return map.mappings().isEmpty() ? Optional.empty() : Optional.of(map);
    } catch (IOException e) {
      return Optional.empty();
    }
  }

  /** Without a map, or outside of it, it may have been mapped later: not known. */
  private Optional<Place> place(Optional<MemoryMap> map, long page) {
    Places places = residency.map(looks -> looks.last().places()).orElse(Places.UNKNOWN);
    return Optional.of(
        map.flatMap(known -> known.find(page << Pagemap.PAGE_SHIFT))
            .map(mapping -> places.of(mapping, page))
            .orElse(new Place(Place.Kind.UNKNOWN, "")));
  }

  private static boolean isMapped(MemoryMap map, long page) {
    return map.find(page << Pagemap.PAGE_SHIFT).isPresent();
  }

  private static boolean isAnonymous(MemoryMap map, long page) {
    return map.find(page << Pagemap.PAGE_SHIFT).filter(mapping -> mapping.inode() == 0).isPresent();
  }

  private static Optional<String> leaf(int hook) {
    return MappingFunction.ofHook(hook).map(MappingFunction::symbol);
  }

  private Map<FaultStat, Long> counters() {
    MemorySegment rows = probes.object().map("fault_rows").mapped(arena);
    Map<FaultStat, Long> sums = new EnumMap<>(FaultStat.class);
    for (FaultStat stat : FaultStat.values()) {
      long sum = 0;
      for (int cpu = 0; cpu < sizes.stacks().cpus(); cpu++) {
        sum +=
            rows.get(java.lang.foreign.ValueLayout.JAVA_LONG, cpu * FaultStat.ROW + stat.offset());
      }
      sums.put(stat, sum);
    }
    return sums;
  }

  /** The epoch of the code last seen: what the addresses of stacks taken by now refer to. */
  public int codeEpoch() {
    return code.epoch();
  }

  /** How the probes on libc's functions are attached. */
  public AttachKind kind() {
    return probes.kind();
  }

  /** Whether {@link FaultStat#ZERO} counts writes to the zero page. */
  public boolean tellsZero() {
    return probes.tellsZero();
  }

  /** Whether it is known of each page of a file which read brought it. */
  public boolean seesWindows() {
    return PageTables.areRead(control);
  }

  /** Kernel memory of the tables, in bytes. */
  public long kernelBytes() {
    return probes.kernelBytes();
  }

  /** That part of it that pages take. */
  public long pageTableBytes() {
    return probes.pageTableBytes();
  }

  /** The functions followed, one line each, for people. */
  public List<String> followed() {
    List<String> followed =
        new ArrayList<>(
            probes.probed(calls.calls()).stream().map(MappingCalls.Call::text).toList());
    if (probes.seesUnmapped()) {
      followed.add("munmap, whoever calls it, in the kernel (mmap_lock_released)");
    }
    return followed;
  }

  /** Why no calls that map memory are followed, for people; empty when some are. */
  public Optional<String> unfollowed() {
    if (!calls.calls().isEmpty()) {
      return Optional.empty();
    }
    return unprobed().findFirst().or(() -> Optional.of(NOT_FOUND));
  }

  private Stream<String> unprobed() {
    return probes.missed(calls.problems()).stream().map(MappingCalls.Problem::text);
  }

  /** What stands in the way of a better answer, for people. */
  public List<String> problems() {
    return Stream.concat(unprobed(), code.problems().stream()).distinct().toList();
  }

  @Override
  public void close() {
    threads.ifPresent(ThreadPointers::close);
    probes.close();
    residency.ifPresent(Residency::close);
    arena.close();
  }
}
