package org.memstacks.collect;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import org.memstacks.bpf.BpfException;
import org.memstacks.bpf.BpfMap;
import org.memstacks.bpf.BpfObject;
import org.memstacks.bpf.BpfProgram;
import org.memstacks.bpf.Layouts.Config;
import org.memstacks.bpf.Layouts.HookedBodies;
import org.memstacks.bpf.Layouts.TextRange;
import org.memstacks.bpf.ProbePoint;
import org.memstacks.bpf.UprobeMulti;
import org.memstacks.bpf.UprobeMulti.Side;
import org.memstacks.collect.BlockOptions.View;

/** The programs of memstacks.bpf.c, loaded and attached to one process in one way. */
final class MallocProbes implements AutoCloseable {
  static final String OBJECT = "memstacks";
  /* What makes the tables smaller. */
  static final String SMALLER = "--max-live-blocks or --stack-storage-size";

  private static final String SESSION = "allocation_session";
  private static final String ENTRY = "allocation_entry";
  private static final String RETURN = "allocation_return";
  private static final String FREE = "free_entry";
  private static final String REQUEST = "request_entry";
  private static final String THROWING = "throwing_entry";
  private static final String RETURN_INSTRUCTION = "return_instruction";
  private static final String THROWING_JUMP = "throwing_goes_on";
  private static final String JUMP = "call_goes_on";
  private static final String EXEC = "target_exec";
  private static final String FORK = "target_fork";
  private static final String EXIT = "target_exit";
  private static final List<String> PROBES =
      List.of(
          SESSION, ENTRY, RETURN, FREE, REQUEST, THROWING, RETURN_INSTRUCTION, THROWING_JUMP, JUMP);
  private static final List<String> WATCHES = List.of(EXEC, FORK, EXIT);
  /* Long to verify, and few allocators need them. */
  private static final List<String> FOR_THROWING =
      List.of(THROWING, RETURN_INSTRUCTION, THROWING_JUMP);

  private final BpfObject object;
  private final AttachKind kind;
  private final Sizes sizes;
  /* A program attached at entries, whichever was loaded. */
  private final String multiEntry;
  private final ProbeLinks links = new ProbeLinks();
  private Optional<BpfObject> forThrowing = Optional.empty();

  private MallocProbes(BpfObject object, AttachKind kind, Sizes sizes, boolean all) {
    this.object = object;
    this.kind = kind;
    this.sizes = sizes;
    this.multiEntry = all ? REQUEST : FREE;
  }

  /**
   * Loads the programs that this way of attaching needs, attaches nothing yet.
   *
   * @throws BpfException when the kernel refuses
   * @throws InsufficientMemoryException when the tables would not fit
   */
  static MallocProbes load(AttachKind kind, TracePlan plan, PidNamespace namespace)
      throws IOException {
    TraceOptions options = plan.options();
    Sizes sizes = plan.sizes();
    BpfObject object = BpfObject.open(OBJECT);
    try {
      select(object, kind, wanted(kind, options.all()));
      sizes.apply(object, options);
      // What several take together was looked at before.
      if (!options.force() && !plan.tables().isShared()) {
        MemoryBudget.require(plan.kernelBytes(object), SMALLER);
      }
      configure(
          object.map(".rodata.config").initialValue(),
          plan.target().pid(),
          options,
          sizes,
          namespace);
      object.load();
      return new MallocProbes(object, kind, sizes, options.all());
    } catch (IOException | RuntimeException | Error e) {
      object.close();
      throw e;
    }
  }

  /** Kernel memory of the tables, in bytes, without what overflowing blocks take on demand. */
  long kernelBytes() {
    return sizes.kernelBytes(object);
  }

  AttachKind kind() {
    return kind;
  }

  BpfObject object() {
    return object;
  }

  BpfMap map(String name) {
    return object.map(name);
  }

  /**
   * Attaches to the process: its end and its exec first, so that none goes unnoticed; frees before
   * allocations, so that no block allocated in between looks live.
   *
   * @throws BpfException when the kernel refuses; what was attached is detached by {@link #close}
   */
  void attach(int pid, List<HookedFunction> hooks, boolean all) {
    tellBodies(hooks);
    links.add(object.program(EXIT).attach());
    links.add(object.program(EXEC).attach());
    if (kind != AttachKind.PERF) {
      links.add(object.program(FORK).attach());
    }
    attachHooks(pid, hooks, all);
  }

  /** Attaches to functions alone: those of an allocator that came later. */
  void attachHooks(int pid, List<HookedFunction> hooks, boolean all) {
    if (all) {
      List<HookedFunction> requests = select(hooks, HookedFunction::isRequest);
      attach(JUMP, Side.ENTRY, pid, jumps(requests, jump -> true));
      attach(REQUEST, Side.ENTRY, pid, requests);
      return;
    }
    List<HookedFunction> allocations = select(hooks, hook -> !hook.function().isFree());
    attach(JUMP, Side.ENTRY, pid, jumps(allocations, HookedFunction.Jump::repeats));
    attach(FREE, Side.ENTRY, pid, select(hooks, hook -> hook.function().isFree()));
    List<HookedFunction> throwing = select(hooks, HookedFunction::returnsAtInstructions);
    attach(RETURN_INSTRUCTION, Side.ENTRY, pid, returnInstructions(throwing));
    attach(THROWING_JUMP, Side.ENTRY, pid, jumps(throwing, jump -> !jump.repeats()));
    attach(THROWING, Side.ENTRY, pid, throwing);
    List<HookedFunction> others = select(allocations, hook -> !hook.returnsAtInstructions());
    if (kind == AttachKind.SESSION) {
      attach(SESSION, Side.SESSION, pid, others);
    } else {
      attach(RETURN, Side.RETURN, pid, others);
      attach(ENTRY, Side.ENTRY, pid, others);
    }
  }

  /**
   * Whether multi links of this kernel filter by process; always true for perf events.
   *
   * @param all as it was loaded
   */
  boolean filtersByProcess(boolean all) {
    return switch (kind) {
      case SESSION -> true;
      case MULTI -> UprobeMulti.filtersByProcess(object.program(multiEntry), Side.ENTRY);
      case PERF -> true;
    };
  }

  void detach() {
    links.close();
  }

  @Override
  public void close() {
    detach();
    forThrowing.ifPresent(BpfObject::close);
    object.close();
  }

  private void attach(String name, Side side, int pid, List<HookedFunction> hooks) {
    Map<Path, Set<ProbePoint>> byFile = new LinkedHashMap<>();
    for (HookedFunction hook : hooks) {
      byFile
          .computeIfAbsent(hook.objectFile(), file -> new LinkedHashSet<>())
          .add(new ProbePoint(hook.fileOffset(), hook.cookie()));
    }
    attach(name, side, pid, byFile);
  }

  /** Functions may share code that returns: each instruction is probed once. */
  private static Map<Path, Set<ProbePoint>> returnInstructions(List<HookedFunction> hooks) {
    Map<Path, Set<ProbePoint>> byFile = new LinkedHashMap<>();
    for (HookedFunction hook : hooks) {
      Set<ProbePoint> points =
          byFile.computeIfAbsent(hook.objectFile(), file -> new LinkedHashSet<>());
      hook.returnOffsets().forEach(offset -> points.add(new ProbePoint(offset, 0)));
    }
    return byFile;
  }

  /**
   * Where requests go on to another probe. With returns at hand the result tells that it is one
   * call, unless it comes to the same probe, or returns are seen at instructions.
   */
  private static Map<Path, Set<ProbePoint>> jumps(
      List<HookedFunction> hooks, Predicate<HookedFunction.Jump> which) {
    Map<Path, Set<ProbePoint>> byFile = new LinkedHashMap<>();
    for (HookedFunction hook : hooks) {
      for (HookedFunction.Jump jump : hook.jumps()) {
        if (which.test(jump)) {
          byFile
              .computeIfAbsent(hook.objectFile(), file -> new LinkedHashSet<>())
              .add(new ProbePoint(jump.fileOffset(), AllocatorFunction.jumpCookie(jump)));
        }
      }
    }
    return byFile;
  }

  private void attach(String name, Side side, int pid, Map<Path, Set<ProbePoint>> byFile) {
    if (byFile.isEmpty()) {
      return;
    }
    BpfProgram program = (FOR_THROWING.contains(name) ? forThrowing() : object).program(name);
    links.attach(program, kind, side, pid, byFile);
  }

  private static List<HookedFunction> select(
      List<HookedFunction> hooks, Predicate<HookedFunction> which) {
    return hooks.stream().filter(which).toList();
  }

  /** The programs for functions that exceptions leave, loaded when the first one is probed. */
  private BpfObject forThrowing() {
    if (forThrowing.isEmpty()) {
      BpfObject more = BpfObject.open(OBJECT);
      try {
        select(more, kind, FOR_THROWING);
        more.shareMapsOf(object);
        more.load();
      } catch (RuntimeException | Error e) {
        more.close();
        throw e;
      }
      forThrowing = Optional.of(more);
    }
    return forThrowing.get();
  }

  private static List<String> wanted(AttachKind kind, boolean all) {
    List<String> wanted = new ArrayList<>(WATCHES);
    wanted.add(JUMP);
    if (all) {
      wanted.add(REQUEST);
      return wanted;
    }
    wanted.add(FREE);
    wanted.addAll(kind == AttachKind.SESSION ? List.of(SESSION) : List.of(ENTRY, RETURN));
    return wanted;
  }

  private static void select(BpfObject object, AttachKind kind, List<String> wanted) {
    WATCHES.forEach(name -> object.program(name).setAutoload(wanted.contains(name)));
    for (String name : PROBES) {
      BpfProgram program = object.program(name);
      program.setAutoload(wanted.contains(name));
      if (kind == AttachKind.SESSION && name.equals(SESSION)) {
        program.setExpectedAttachType(BpfProgram.ATTACH_UPROBE_SESSION);
      } else if (kind != AttachKind.PERF) {
        program.setExpectedAttachType(BpfProgram.ATTACH_UPROBE_MULTI);
      }
    }
  }

  private static void configure(
      MemorySegment config, int pid, TraceOptions options, Sizes sizes, PidNamespace namespace) {
    config.set(JAVA_INT, Config.LIVE_BUCKETS, sizes.liveBuckets());
    sizes.stacks().configure(config);
    config.set(JAVA_INT, Config.TID, options.tid());
    config.set(JAVA_INT, Config.PID, pid);
    config.set(JAVA_LONG, Config.MIN_SIZE, options.blocks().minSize());
    config.set(JAVA_LONG, Config.MAX_SIZE, options.blocks().maxSize());
    config.set(JAVA_INT, Config.TEMPORARY, options.blocks().view() == View.TEMPORARY ? 1 : 0);
    config.set(JAVA_LONG, Config.PID_NS_INO, namespace.inode());
  }

  /** Tells the programs from where calls are nested. */
  private void tellBodies(List<HookedFunction> hooks) {
    List<HookedFunction> ordered =
        hooks.stream()
            .filter(hook -> hook.size() > 0)
            .sorted(Comparator.comparingLong(HookedFunction::start))
            .limit(HookedBodies.MAX_RANGES)
            .toList();
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment bodies = object.map(".data.bodies").mapped(arena);
      long end = 0;
      for (int i = 0; i < ordered.size(); i++) {
        HookedFunction body = ordered.get(i);
        long range = HookedBodies.RANGE + i * TextRange.SIZE;
        bodies.set(JAVA_LONG, range + TextRange.START, body.start());
        bodies.set(JAVA_LONG, range + TextRange.END, body.start() + body.size());
        end = Math.max(end, body.start() + body.size());
      }
      bodies.set(JAVA_LONG, HookedBodies.END, end);
      bodies.set(JAVA_INT, HookedBodies.RANGES, ordered.size());
    }
  }
}
