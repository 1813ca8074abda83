package org.memstacks.collect;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Optional;
import java.util.function.IntUnaryOperator;
import java.util.stream.Stream;
import org.memstacks.bpf.BpfObject;
import org.memstacks.bpf.Layouts.Control;
import org.memstacks.target.LoadedObjects;
import org.memstacks.target.MemoryMap;
import org.memstacks.target.TargetProcess;
import org.memstacks.unwind.UnwindCache;

/**
 * Keeps what the BPF programs know of a process's code up to date: {@link #of} reads what is mapped
 * now, {@link #publishTo} hands it to the programs, {@link #refresh} looks again.
 */
public final class CodeWatch {
  private static final long LOOK_AGAIN_NANOS = 1_000_000_000;
  /* Code that nobody can describe causes misses all the time. */
  private static final long MISSES_NANOS = 100_000_000;
  /* A new program maps its libraries meanwhile. */
  private static final long EXEC_NANOS = 500_000_000;

  private final TargetProcess target;
  private final LoadedObjects loaded;
  private final ProcessCode code;
  private List<CodeArea> published;
  private MemorySegment control;
  private CodeTables tables;
  private Optional<ExecFollower> follower = Optional.empty();
  private int publishedExecs;
  private long followUntil;
  private long misses;
  private long lookedAt = System.nanoTime();

  private CodeWatch(
      TargetProcess target, LoadedObjects loaded, ProcessCode code, List<CodeArea> areas) {
    this.target = target;
    this.loaded = loaded;
    this.code = code;
    this.published = areas;
  }

  /**
   * Reads the unwind rows of what is mapped.
   *
   * @param loaded the objects mapped, to stay open as long as this is used
   */
  public static CodeWatch of(
      TargetProcess target, MemoryMap map, LoadedObjects loaded, UnwindCache cache) {
    ProcessCode code = new ProcessCode(loaded, cache);
    return new CodeWatch(target, loaded, code, code.areas(map));
  }

  /** What the maps must hold for this code. */
  public StackSizes sizes(int maxStacks) {
    return sizes(maxStacks, whole -> whole);
  }

  /**
   * As {@link #sizes(int)}.
   *
   * @param share the part of spare room that is this process's, when several are traced
   */
  StackSizes sizes(int maxStacks, IntUnaryOperator share) {
    return StackSizes.of(maxStacks, published, share);
  }

  /**
   * Puts the code in force in a loaded object.
   *
   * @param sizes as they were applied to it
   * @param arena to be closed when the object is
   */
  public void publishTo(BpfObject object, StackSizes sizes, Arena arena) {
    control = object.map(".data.control").mapped(arena);
    tables =
        new CodeTables(
            object.map("code_mappings").mapped(arena),
            object.map("unwind_rows").mapped(arena),
            object.map("row_pages").mapped(arena),
            control,
            sizes.mappings());
    tables.publish(published, 0);
  }

  /** Whom to tell that the target became another program. */
  void follow(ExecFollower whom) {
    follower = Optional.of(whom);
  }

  /**
   * To be called some fifty times a second: looks at what the target has mapped, when stacks led
   * into unknown code, when it became another program, and once a second anyway.
   *
   * @return the new map, when there is other code than before
   */
  public Optional<MemoryMap> refresh() {
    int execs = (int) JAVA_INT.varHandle().getAcquire(control, Control.EXECS);
    long seen = control.get(JAVA_LONG, Control.MISSES);
    long now = System.nanoTime();
    if (execs != publishedExecs) {
      followUntil = now + EXEC_NANOS;
      follower.ifPresent(ExecFollower::execed);
    } else if (!isDue(seen, now)) {
      return Optional.empty();
    }
    return look(execs, seen, now);
  }

  /** Whether the target has not become another program since its code was last looked at. */
  boolean isSameProgram() {
    return (int) JAVA_INT.varHandle().getAcquire(control, Control.EXECS) == publishedExecs;
  }

  /** The target became another program, and is held until the next {@link #refresh} is done. */
  void heldAfterExec() {
    followUntil = System.nanoTime() + EXEC_NANOS;
    follower.ifPresent(ExecFollower::heldAfterExec);
  }

  /** Looks a last time, when nothing is recorded any more, for what {@link #replaced} tells. */
  void conclude() {
    look(
        (int) JAVA_INT.varHandle().getAcquire(control, Control.EXECS),
        control.get(JAVA_LONG, Control.MISSES),
        System.nanoTime());
  }

  private Optional<MemoryMap> look(int execs, long missesSeen, long now) {
    misses = missesSeen;
    lookedAt = now;
    try {
      MemoryMap map = loaded.look(target.pid());
      List<CodeArea> areas = code.areas(map);
      boolean same = areas.equals(published) && execs == publishedExecs;
      if (!same) {
        published = areas;
        publishedExecs = execs;
        tables.publish(areas, execs);
      }
      // Last, since putting probes in takes a while: a stack taken meanwhile is walked all the
      // same.
      follower.filter(ExecFollower::isSearching).ifPresent(f -> f.search(map));
      if (same) {
        return Optional.empty();
      }
      return Optional.of(map);
    } catch (IOException e) {
      // The target ended; the window will, too.
      return Optional.empty();
    }
  }

  private boolean isDue(long seen, long now) {
    if (now < followUntil) {
      return seen != misses || follower.filter(ExecFollower::isSearching).isPresent();
    }
    return now - lookedAt >= (seen == misses ? LOOK_AGAIN_NANOS : MISSES_NANOS);
  }

  /** The epoch of the code last seen: what the addresses of stacks taken by now refer to. */
  public int epoch() {
    return tables.epoch();
  }

  /** Where an object took the place of another one, as far as it was noticed only later. */
  List<ReplacedCode> replaced() {
    return tables.replaced();
  }

  /** What is known of the code that was mapped, for unwinding. */
  public CodeCoverage coverage() {
    return code.coverage();
  }

  /** Objects whose unwind information could not be read or kept, and why. */
  public List<String> problems() {
    return Stream.concat(code.problems().stream(), tables.shortages().stream()).toList();
  }
}
