package org.memstacks.collect;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.memstacks.bpf.BpfException;
import org.memstacks.bpf.BpfRing;
import org.memstacks.bpf.Layouts;
import org.memstacks.bpf.Layouts.Control;
import org.memstacks.bpf.Layouts.MappingControl;
import org.memstacks.collect.AllocationProfile.Unattributed;
import org.memstacks.collect.AllocatorMappings.Origin;
import org.memstacks.mapping.MappingEvent;
import org.memstacks.mapping.MappingLedger;
import org.memstacks.target.LoadedObjects;
import org.memstacks.target.MemoryMap;
import org.memstacks.target.TargetProcess;

/**
 * Follows what a process maps by itself, beside the allocator's blocks: {@link #attach}, {@link
 * #begin}, {@link #windowClosed}. In between a thread of its own takes the events in, so that they
 * do not wait for names to be looked up; the account is its and the caller's in turn. Each piece
 * that is mapped is a live block of the stack that mapped it; those of the allocator are kept
 * apart, since its blocks lie in them.
 */
final class MappingTrace implements LiveBlocks, AutoCloseable {
  /** Four times as many as the kernel lets a process have by default (vm.max_map_count). */
  private static final int MOST_RANGES = 1 << 18;

  private static final long TICK_MILLIS = 5;

  private final MappingProbes probes;
  private final TargetProcess target;
  private final LoadedObjects loaded;
  private final ExecFollower follower;
  private final StackStore store;
  private final BlockOptions options;
  private final MemorySegment windowControl;
  private final MemorySegment control;
  private final BpfRing ring;
  private final MappingLedger ledger;
  private final List<MappingCalls> calls = new ArrayList<>();
  private final Set<String> problems = new LinkedHashSet<>();
  private final Map<Integer, Origin> origins = new HashMap<>();
  private AllocatorMappings rules = new AllocatorMappings(List.of(), List.of());
  private int rulesFor;
  private AddressSpaceGrowth growth = AddressSpaceGrowth.UNKNOWN;
  private volatile boolean open;

  /**
   * Loads the programs.
   *
   * @param windowControl the map .data.control
   * @param arena to be closed when this is
   * @throws BpfException when the kernel refuses
   */
  MappingTrace(
      MallocProbes beside,
      TargetProcess target,
      LoadedObjects loaded,
      ExecFollower follower,
      StackStore store,
      BlockOptions options,
      MemorySegment windowControl,
      Arena arena)
      throws IOException {
    this.target = target;
    this.loaded = loaded;
    this.follower = follower;
    this.store = store;
    this.options = options;
    this.windowControl = windowControl;
    this.ledger = new MappingLedger(HugePages.defaultBytes(), MOST_RANGES);
    this.probes = MappingProbes.load(beside);
    this.control = probes.map(".data.mappings").mapped(arena);
    this.ring = probes.map("mapping_events").ring(arena);
  }

  /**
   * Attaches to the functions that the process has mapped now, as far as they are not attached to.
   *
   * @throws BpfException when the kernel refuses
   */
  void attach(MemoryMap map) throws IOException {
    MappingCalls found = MappingCalls.ofMappings(target, map, loaded);
    probes.attach(target.pid(), found.calls());
    calls.add(found);
    found.problems().forEach(problem -> problems.add(problem.text()));
  }

  /** The process has other code than before: another program, or a library that stands before. */
  void codeChanged(MemoryMap map) {
    try {
      attach(map);
    } catch (IOException | BpfException e) {
      problems.add("what was loaded later maps memory unseen: " + e.getMessage());
    }
  }

  /** What is mapped from now on counts. */
  void begin() {
    open = true;
    Thread.ofPlatform().daemon().name("mappings").start(this::keepDraining);
    AddressSpaceGrowth since = AddressSpaceGrowth.since(target.pid(), execs());
    remember(since);
  }

  /** What was mapped since the window's begin is taken into account first. */
  private synchronized void remember(AddressSpaceGrowth since) {
    growth = since;
    drain();
    since.memoryBefore().ifPresent(ledger::before);
  }

  private void keepDraining() {
    while (open) {
      drainIfOpen();
      try {
        Thread.sleep(TICK_MILLIS);
      } catch (InterruptedException e) {
        return;
      }
    }
  }

  /** The ring is there as long as it is. */
  private synchronized void drainIfOpen() {
    if (open) {
      drain();
    }
  }

  /** Takes the events that have come into account. */
  private synchronized void drain() {
    ring.drain(record -> ledger.apply(MappingEvent.read(record)));
    ledger.programs(execs());
  }

  /** Looks at what is mapped, shortly before the window closes. */
  synchronized void beforeEnd() {
    drain();
    growth.look(execs());
    growth.explain(ledger);
  }

  synchronized void windowClosed() {
    open = false;
    drain();
    growth.explain(ledger);
  }

  void detach() {
    probes.detach();
  }

  private int execs() {
    return (int) JAVA_INT.varHandle().getAcquire(windowControl, Control.EXECS);
  }

  /** Both kinds of live blocks as one. */
  LiveBlocks beside(LiveBlocks blocks) {
    return (visitor, meanwhile) -> {
      blocks.forEach(visitor, meanwhile);
      forEach(visitor, meanwhile);
    };
  }

  @Override
  public synchronized void forEach(BlockVisitor visitor, Runnable meanwhile) {
    drain();
    ledger.forEach((address, bytes, owner) -> {
      if (owner.counted()
          && isWanted(owner.requested())
          && origin(owner.stack()) == Origin.PROGRAM) {
        visitor.visit(address, bytes, owner.stack(), owner.born());
      }
    });
  }

  private boolean isWanted(long requested) {
    return Long.compareUnsigned(requested, options.minSize()) >= 0
        && Long.compareUnsigned(requested, options.maxSize()) <= 0;
  }

  private Origin origin(int stack) {
    if (stack == Layouts.STACK_ID_NONE) {
      return Origin.PROGRAM;
    }
    int known = calls.size() + follower.allocators().size();
    if (known != rulesFor) {
      rules = new AllocatorMappings(follower.allocators(), calls);
      rulesFor = known;
    }
    return origins.computeIfAbsent(stack, id -> rules.of(store.stack(id)));
  }

  /** Bytes that are mapped now. */
  long bytes() {
    long[] bytes = new long[1];
    forEach((address, size, stack, born) -> bytes[0] += size);
    return bytes[0];
  }

  /** How many mappings were made so far. */
  synchronized long added() {
    return ledger.added();
  }

  /** How many mappings from before the window have gone. */
  synchronized long olderGone() {
    return ledger.olderGone();
  }

  /**
   * The account of the window, after its end.
   *
   * @param mapped what of the profile are mappings
   * @param younger what of the blocks left out
   */
  synchronized MappingAccount account(Unattributed mapped, Unattributed younger) {
    Map<Origin, Long> bytesBy = new EnumMap<>(Origin.class);
    ledger.forEach((address, bytes, owner) -> {
      if (owner.counted()) {
        bytesBy.merge(origin(owner.stack()), bytes, Long::sum);
      }
    });
    return new MappingAccount(
        mapped,
        younger,
        bytesBy.getOrDefault(Origin.ALLOCATOR, 0L),
        bytesBy.getOrDefault(Origin.UNCLEAR, 0L),
        control.get(JAVA_LONG, MappingControl.CALLS),
        control.get(JAVA_LONG, MappingControl.CALLS_LOST),
        control.get(JAVA_LONG, MappingControl.EVENTS_LOST),
        new Unattributed(ledger.refusedBytes(), ledger.refused()),
        growth.unexplained(),
        List.copyOf(problems));
  }

  /** The functions followed, one line each, for people. */
  List<String> followed() {
    return calls.stream()
        .flatMap(found -> found.calls().stream())
        .map(MappingCalls.Call::text)
        .distinct()
        .toList();
  }

  @Override
  public synchronized void close() {
    open = false;
    probes.close();
  }
}
