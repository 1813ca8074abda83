package org.memstacks.collect;

import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Optional;
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

  private final TargetProcess target;
  private final ProcessCode code;
  private List<CodeArea> published;
  private MemorySegment control;
  private CodeTables tables;
  private long misses;
  private long lookedAt = System.nanoTime();

  private CodeWatch(TargetProcess target, ProcessCode code, List<CodeArea> areas) {
    this.target = target;
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
    return new CodeWatch(target, code, code.areas(map));
  }

  /** What the maps must hold for this code. */
  public StackSizes sizes(int maxStacks) {
    return StackSizes.of(maxStacks, published);
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
    tables.publish(published);
  }

  /**
   * Looks at what the target has mapped, when stacks led into unknown code and once a second
   * anyway.
   *
   * @return the new map, when there is other code than before
   */
  public Optional<MemoryMap> refresh() {
    long seen = control.get(JAVA_LONG, Control.MISSES);
    long now = System.nanoTime();
    if (seen == misses && now - lookedAt < LOOK_AGAIN_NANOS) {
      return Optional.empty();
    }
    misses = seen;
    lookedAt = now;
    try {
      MemoryMap map = MemoryMap.of(target.pid());
      List<CodeArea> areas = code.areas(map);
      if (areas.equals(published)) {
        return Optional.empty();
      }
      published = areas;
      tables.publish(areas);
      return Optional.of(map);
    } catch (IOException e) {
      // The target ended; the window will, too.
      return Optional.empty();
    }
  }

  /** The epoch of the code last seen: what the addresses of stacks taken by now refer to. */
  public int epoch() {
    return tables.epoch();
  }

  /** What is known of the code that was mapped, for unwinding. */
  public CodeCoverage coverage() {
    return code.coverage();
  }

  /** Objects whose unwind information could not be read, and why. */
  public List<String> problems() {
    return code.problems();
  }
}
