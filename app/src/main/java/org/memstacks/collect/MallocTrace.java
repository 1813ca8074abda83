package org.memstacks.collect;

import static java.lang.foreign.ValueLayout.JAVA_INT;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.memstacks.bpf.BpfException;
import org.memstacks.bpf.BpfObject;
import org.memstacks.bpf.Layouts.Control;
import org.memstacks.bpf.Layouts.Stat;
import org.memstacks.collect.AllocationProfile.Unattributed;
import org.memstacks.collect.BlockOptions.View;
import org.memstacks.mapping.MappingFunction;
import org.memstacks.target.LoadedObjects;
import org.memstacks.target.MemoryMap;
import org.memstacks.target.TargetException;
import org.memstacks.target.TargetProcess;

/**
 * Traces the allocations of one process: {@link #attach}, {@link #begin} the window, {@link #end}
 * it, then {@link #profile}. Closing detaches everything at any point.
 */
public final class MallocTrace implements AutoCloseable {
  /** Finds the allocator to be probed. */
  @FunctionalInterface
  public interface AllocatorSource {
    /**
     * @throws TargetException when there is none
     */
    Allocator find() throws IOException;
  }

  private final MallocProbes probes;
  private final TraceOptions options;
  private final Sizes sizes;
  private final TargetProcess target;
  private final CodeWatch code;
  private final List<String> refusals;
  private final Arena arena = Arena.ofShared();
  private final MemorySegment control;
  private final LiveTables live;
  private final Optional<MappingTrace> mappings;
  private final TraceCounters counters;
  private final LiveBlocks blocks;
  private final LivePeak peak = new LivePeak();
  private final ExecFollower follower;
  private final StackStore store;
  private final PlantedProbes planted;
  private final LoadedObjects loaded;
  private final OuterStacks outer;
  private final ActivityWatch activity;
  private final PoolWatch pools;
  private final StrayBindings strays;
  private final TraceWindow window = new TraceWindow();
  private LiveHistory history;

  private MallocTrace(
      MallocProbes probes,
      TracePlan plan,
      ExecFollower follower,
      PlantedProbes planted,
      List<String> refusals)
      throws IOException {
    this.probes = probes;
    this.options = plan.options();
    this.sizes = plan.sizes();
    this.target = plan.target();
    this.code = plan.code();
    this.refusals = refusals;
    this.control = probes.map(".data.control").mapped(arena);
    this.follower = follower;
    this.planted = planted;
    this.loaded = plan.loaded();
    this.outer = new OuterStacks(loaded);
    this.activity = new ActivityWatch(target);
    this.pools = new PoolWatch(probes, target, arena);
    this.live =
        new LiveTables(probes, sizes, plan.tables().live(), control, options.force(), arena);
    this.store = StackStore.of(probes.object(), arena, hook -> Optional.of(leaf(follower, hook)));
    this.mappings =
        options.blocks().mappings()
            ? Optional.of(
                new MappingTrace(
                    probes, target, loaded, follower, store, options.blocks(), control, arena))
            : Optional.empty();
    this.counters = new TraceCounters(probes, sizes, options, mappings, control, arena);
    this.blocks = mappings.map(trace -> trace.beside(live)).orElse(live);
    code.publishTo(probes.object(), sizes.stacks(), arena);
    code.follow(follower);
    this.strays = new StrayBindings(target.pid(), loaded, code::isSameProgram);
  }

  private static String leaf(ExecFollower follower, int hook) {
    return MappingFunction.ofHook(hook)
        .map(MappingFunction::symbol)
        .orElseGet(() -> follower.function(hook).name());
  }

  /** Begins to load what {@link #attach} needs, while the target is looked at. */
  public static void warmUp() {
    BpfObject.warmUp(MallocProbes.OBJECT);
  }

  /**
   * Attaches in the best way the kernel offers, or in the one asked for. Nothing is recorded yet.
   *
   * @param source asked once, while programs load
   * @throws BpfException the best way's refusal, when the kernel refuses every way
   * @throws TargetException when it would harm the target
   */
  public static MallocTrace attach(TracePlan plan, AllocatorSource source) throws IOException {
    TraceOptions options = plan.options();
    TargetProcess target = plan.target();
    LoadedObjects loaded = plan.loaded();
    PidNamespace namespace = PidNamespace.own();
    List<AttachKind> ways = options.attach().map(List::of).orElse(List.of(AttachKind.values()));
    try (ProbeLoading loading =
        ProbeLoading.start(ways, options.all(), kind -> MallocProbes.load(kind, plan, namespace))) {
      Allocator allocator = source.find();
      allocator.requireProbeable(options.all());
      ChangedCode.refuse(target.pid(), allocator.functions(), loaded, options.all());
      Optional<MallocProbes> next = loading.next();
      while (next.isPresent()) {
        MallocProbes probes = next.get();
        try {
          ExecFollower follower =
              new ExecFollower(probes, target, loaded, allocator, options.all());
          PlantedProbes planted =
              new PlantedProbes(target.pid(), allocator.functions(), loaded, options.all());
          List<String> refusals = loading.attempts().lines();
          MallocTrace trace = new MallocTrace(probes, plan, follower, planted, refusals);
          trace.attach(allocator);
          return trace;
        } catch (BpfException e) {
          probes.close();
          loading.refused(probes.kind(), e);
        } catch (IOException | RuntimeException | Error e) {
          probes.close();
          throw e;
        }
        next = loading.next();
      }
      throw loading.attempts().verdict();
    }
  }

  private void attach(Allocator allocator) throws IOException {
    try {
      if (mappings.isPresent()) {
        mappings.get().attach(loaded.look(target.pid()));
      }
      probes.attach(target.pid(), allocator.functions(), options.all());
      planted.requireThere(target.comm());
      strays.look(allocator);
    } catch (IOException | RuntimeException | Error e) {
      mappings.ifPresent(MappingTrace::close);
      throw e;
    }
  }

  /** The allocator of the program that the process was when this was attached. */
  public Allocator allocator() {
    return follower.allocators().getFirst();
  }

  /**
   * To be called some fifty times a second: gives the live blocks more room where they need it, and
   * looks at what the target has mapped, when stacks led into unknown code, when it became another
   * program, and once a second anyway.
   *
   * @return the new map, when there is other code than before
   */
  public Optional<MemoryMap> refresh() {
    planted.lookIfDue();
    growLive();
    if (!options.all() && control.get(JAVA_INT, Control.ACTIVE) == Control.OPEN) {
      history.lookIfDue(this::growLive);
      if (options.blocks().view() == View.PEAK) {
        peak.consider(counters.liveBytes(), window.begin(), () -> liveSums(this::growLive).sums());
      }
    }
    Optional<MemoryMap> map = code.refresh();
    if (map.isPresent()) {
      mappings.ifPresent(trace -> trace.codeChanged(map.get()));
    }
    if (!follower.isSearching()) {
      strays.lookIfDue(follower.allocators().getLast(), map.isPresent());
    }
    return map;
  }

  /**
   * The target became another program and is held, all its libraries mapped, until {@link #refresh}
   * has looked at it.
   */
  public void heldAfterExec() {
    code.heldAfterExec();
  }

  /** Functions that lost their probe in the window, and how. */
  public Set<LostProbe> lostProbes() {
    return planted.lost();
  }

  private void growLive() {
    live.growFor(counters.liveBlocks());
  }

  /** The epoch of the code last seen: what the addresses of stacks taken by now refer to. */
  public int codeEpoch() {
    return code.epoch();
  }

  /** The name of the program that the process is, or was when its stacks were taken. */
  public String comm() {
    return options.all() ? target.comm() : follower.comm();
  }

  /** What has happened to the target since the last call, for people. */
  public List<String> news() {
    return follower.news();
  }

  /** Objects whose unwind information could not be read, and why. */
  public List<String> problems() {
    return code.problems();
  }

  /** What is known of the code that was mapped, for unwinding. */
  public CodeCoverage coverage() {
    return code.coverage();
  }

  /** Better ways to attach than the one taken, and why the kernel refused each. */
  public List<String> refusals() {
    return refusals;
  }

  /** Where mappings are followed, one line each, for people. */
  public List<String> mappingCalls() {
    return mappings.map(MappingTrace::followed).orElse(List.of());
  }

  /** How the probes are attached. */
  public AttachKind kind() {
    return probes.kind();
  }

  /** Kernel memory of the tables, in bytes, those of live blocks as they have grown. */
  public long kernelBytes() {
    return probes.kernelBytes()
        + live.addedBytes()
        + (mappings.isPresent() ? MappingProbes.RING_BYTES : 0);
  }

  /**
   * Opens the window.
   *
   * @throws TargetException when the target has ended
   */
  public void begin() throws TargetException {
    if (!target.isAlive()) {
      // Its number may be another one's by now, who was then attached to.
      throw new TargetException(
          "process %d (%s) %s before its probes were in"
              .formatted(target.pid(), target.comm(), target.ending()));
    }
    activity.begin();
    window.open();
    history =
        new LiveHistory(
            blocks, counters::moment, window.begin(), options.blocks().older().toNanos());
    control.set(JAVA_INT, Control.OLDER, 1);
    control.set(JAVA_INT, Control.ACTIVE, Control.OPEN);
    mappings.ifPresent(MappingTrace::begin);
  }

  /** The program has not run yet: it has no blocks from before the window. */
  public void beginsWithProgram() {
    control.set(JAVA_INT, Control.OLDER, 0);
  }

  /** Closes the window for new blocks; those it brought may still be freed. */
  public void drain() {
    control.set(JAVA_INT, Control.ACTIVE, Control.DRAINING);
    history.recorded(this::growLive);
  }

  /**
   * Ends the window, but for frees: blocks that are looked at from here on may go yet. To be
   * followed by {@link #closeWindow}.
   */
  public void stopRecording() {
    if (window.isRecording()) {
      control.set(JAVA_INT, Control.ACTIVE, Control.DRAINING);
      window.stop();
      history.ended(window.lastMoment());
    }
  }

  /**
   * What is live at this moment, and how it came to be. In the window blocks come and go meanwhile;
   * after its end it is exact.
   */
  public Observation observe() {
    Timeline timeline = history.timeline();
    Map<RawStack, Outstanding> stacks = new HashMap<>();
    boolean open = control.get(JAVA_INT, Control.ACTIVE) != Control.CLOSED;
    history
        .outstanding(timeline, open ? this::growLive : () -> {})
        .forEach((id, seen) -> stacks.merge(store.stack(id), seen, Outstanding::plus));
    return new Observation(timeline, stacks);
  }

  /** Finds single live blocks, at any time. */
  public BlockSampler sampler() {
    return new BlockSampler(blocks, store, window::lastMoment);
  }

  /**
   * The target was forked just now: it takes faults to get its own copies of pages, which are no
   * sign of memory that it allocates.
   */
  public void sharesPages() {
    activity.wasForked();
  }

  /**
   * The target has ended; ages and the window are told as of then, however late it is noticed.
   *
   * @param moment by {@link ProcessFamily#now}
   */
  public void targetEnded(long moment) {
    window.targetEnded(moment);
  }

  /** Closes the window at once for all probes. */
  public void closeWindow() {
    if (!window.isClosed()) {
      mappings.ifPresent(MappingTrace::beforeEnd);
      control.set(JAVA_INT, Control.ENDED, 1);
      control.set(JAVA_INT, Control.ACTIVE, Control.CLOSED);
      window.close();
      mappings.ifPresent(MappingTrace::windowClosed);
      history.ended(window.lastMoment());
    }
  }

  /**
   * Closes the window if it is open, and takes in what the process tells of it afterwards.
   *
   * @param keepProbes whether the probes stay in, idle, until this is closed; else they are
   *     detached
   */
  public void end(boolean keepProbes) {
    closeWindow();
    activity.end();
    pools.end();
    planted.lookTwice();
    code.conclude();
    if (!keepProbes) {
      probes.detach();
      mappings.ifPresent(MappingTrace::detach);
    }
    // Takes a while, in which the process need not pay for probes any more.
    if (!follower.isSearching()) {
      strays.look(follower.allocators().getLast());
    }
  }

  /** Allocation functions that should have been probed and could not be, for people. */
  public List<String> unprobed() {
    return follower.allocators().stream()
        .flatMap(allocator -> allocator.unprobed().stream())
        .distinct()
        .toList();
  }

  /** Calls of allocation functions that lead to code that is not traced, for people. */
  public List<String> strayBindings() {
    return strays.descriptions();
  }

  /** What the window brought; to be called after {@link #end}. */
  public AllocationProfile profile() {
    Counters counted = counters.read();
    LiveSums read =
        options.sumsByStack()
            ? LiveSums.withoutBlocks(StackSums.of(probes, sizes.stacks(), arena))
            : liveSums(() -> {});
    BlockSums sums = read.sums();
    if (options.blocks().view() == View.PEAK) {
      peak.atEnd(sums, window.begin());
      sums = peak.highest();
    }
    List<StackValue> stacks = outer.of(sums.values(store::stack), follower.allocators(), counted);
    return new AllocationProfile(
        stacks,
        options.all()
            ? new Unattributed(counted.get(Stat.UNSTORED_BYTES), counted.get(Stat.UNSTORED_STACKS))
            : sums.withoutStack(),
        counted,
        counters.missedReturns(activity.threadsAtEnd()),
        activity.inWindow(),
        activity.sharesPages(),
        replacement(counted),
        read.younger(),
        options.blocks().view() == View.PEAK ? Optional.of(peak.peak()) : Optional.empty(),
        live.shortage(),
        ReplacedCode.bytesIn(stacks, code.replaced()),
        mappings
            .map(trace -> trace.account(read.mapped(), read.youngerMapped()))
            .orElse(MappingAccount.NONE));
  }

  /** What was seen of the program's own functions that its user named; after {@link #end}. */
  public PoolFindings poolFindings() {
    return pools.findings(follower.hooks(), options.all());
  }

  /**
   * Bytes left out by {@link #profile} as part of other allocation functions' calls that may be
   * calls of their own.
   */
  public long doubtfulBytes() {
    return outer.doubtfulBytes();
  }

  @Override
  public void close() {
    mappings.ifPresent(MappingTrace::close);
    probes.close();
    live.close();
    arena.close();
  }

  private AllocationProfile.Replacement replacement(Counters counted) {
    return new AllocationProfile.Replacement(
        control.get(JAVA_INT, Control.EXECS),
        new Unattributed(
            counted.get(Stat.GONE_BYTES) + live.goneBytes(),
            counted.get(Stat.GONE_BLOCKS) + live.goneBlocks()),
        follower.problem());
  }

  /** The live blocks that are old enough, by stack number. */
  private LiveSums liveSums(Runnable meanwhile) {
    return LiveSums.of(live, mappings, options.blocks(), window.lastMoment(), meanwhile);
  }
}
