package org.memstacks.collect;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.memstacks.bpf.BpfException;
import org.memstacks.bpf.BpfLink;
import org.memstacks.bpf.BpfObject;
import org.memstacks.bpf.BpfProgram;
import org.memstacks.bpf.Layouts.Config;
import org.memstacks.bpf.Layouts.LaunchControl;
import org.memstacks.bpf.ProbePoint;
import org.memstacks.bpf.UprobeMulti.Side;
import org.memstacks.elf.ElfFile;
import org.memstacks.elf.Symbol;
import org.memstacks.target.ChildProcess;
import org.memstacks.target.LinkMap;
import org.memstacks.target.Mapping;
import org.memstacks.target.MemoryMap;
import org.memstacks.target.TargetException;
import org.memstacks.target.TargetFiles;

/**
 * A program started to be traced. It is held by SIGSTOP where everything it begins with is mapped
 * and nothing of it has run: in {@code _dl_debug_state}, which dynamic linkers call for debuggers
 * (elf/dl-debug.c of glibc, ldso/dynlink.c of musl) before any constructor; one without a dynamic
 * linker at its first instruction. So it is whenever it becomes another program.
 */
public final class StartedProgram implements AutoCloseable {
  private static final String OBJECT = "launch";
  private static final String HOLD = "hold_here";

  /** The function of dynamic linkers where it is held. */
  public static final String LINKER_READY = "_dl_debug_state";

  private static final long POLL_NANOS = 500_000;

  /** Of the way to a stop that the kernel makes at once. */
  private static final long AT_ONCE_NANOS = TimeUnit.SECONDS.toNanos(10);

  private final String name;
  private final ChildProcess child;
  private final BpfObject object;
  private final AttachKind kind;
  private final MemorySegment control;
  private final Arena arena;
  private final BpfLink execs;
  private int held;
  private boolean late;
  private boolean begun;
  private boolean released;

  private StartedProgram(
      String name,
      ChildProcess child,
      BpfObject object,
      AttachKind kind,
      MemorySegment control,
      Arena arena,
      BpfLink execs) {
    this.name = name;
    this.child = child;
    this.object = object;
    this.kind = kind;
    this.control = control;
    this.arena = arena;
    this.execs = execs;
  }

  /** Starts the process, the probe that holds it being in place. */
  @FunctionalInterface
  public interface Start {
    ChildProcess start() throws IOException;
  }

  /**
   * Starts it and holds it. When it is closed before {@link #go}, it ends.
   *
   * @param name for messages
   * @throws BpfException when the kernel refuses the programs that hold it; nothing was started
   * @throws TargetException when it cannot be started, or ends before it has begun
   */
  public static StartedProgram start(String name, Start start) throws IOException {
    Arena arena = Arena.ofShared();
    BpfObject object = null;
    BpfLink link = null;
    StartedProgram started = null;
    try {
      // Perf events take CAP_SYS_ADMIN, but older kernels have nothing else.
      AttachKind kind = AttachKind.MULTI;
      try {
        object = load(kind);
      } catch (BpfException e) {
        kind = AttachKind.PERF;
        object = load(kind);
      }
      MemorySegment control = object.map(".data.launch").mapped(arena);
      control.set(JAVA_INT, LaunchControl.PARENT, (int) ProcessHandle.current().pid());
      link = object.program("hold_at_exec").attach();
      started = new StartedProgram(name, start.start(), object, kind, control, arena, link);
      started.await(AT_ONCE_NANOS, "at its exec");
      started.held = started.execs();
      started.awaitLibraries();
      return started;
    } catch (IOException | RuntimeException | Error e) {
      if (started != null) {
        started.child.kill();
      }
      if (link != null) {
        link.close();
      }
      if (object != null) {
        object.close();
      }
      arena.close();
      throw e;
    }
  }

  private static BpfObject load(AttachKind kind) throws IOException {
    BpfObject object = BpfObject.open(OBJECT);
    try {
      MemorySegment config = object.map(".rodata.config").initialValue();
      config.set(JAVA_LONG, Config.PID_NS_INO, PidNamespace.own().inode());
      if (kind == AttachKind.MULTI) {
        object.program(HOLD).setExpectedAttachType(BpfProgram.ATTACH_UPROBE_MULTI);
      }
      object.load();
      return object;
    } catch (IOException | RuntimeException | Error e) {
      object.close();
      throw e;
    }
  }

  public ChildProcess process() {
    return child;
  }

  /** Its name as it was typed. */
  public String name() {
    return name;
  }

  /** Lets it run, the first time and whenever {@link #holdsAnother} held it. */
  public void go() {
    begun = true;
    child.resume();
  }

  /** Whether nothing of it has run yet. */
  public boolean isHeldAtBegin() {
    return !begun;
  }

  /**
   * To be called often: when the process has become another program, brings that to where its
   * libraries are mapped, and holds it there.
   *
   * @return whether it is held now, to be let go by {@link #go}
   */
  public boolean holdsAnother() {
    if (execs() == held) {
      return false;
    }
    try {
      await(AT_ONCE_NANOS, "at its exec");
      held = execs();
      awaitLibraries();
    } catch (IOException | BpfException e) {
      held = execs();
      late = true;
    }
    return true;
  }

  /** Whether some of it ran before it was held. */
  public boolean isLate() {
    return late;
  }

  /** Holds it no more; it goes on running if it does. */
  public void release() {
    if (released) {
      return;
    }
    released = true;
    execs.close();
    // It may have become another program just now.
    if (begun && execs() != held) {
      child.resume();
    }
  }

  /** One that was never let go is ended: nobody else would. */
  @Override
  public void close() {
    release();
    if (!begun) {
      child.kill();
    }
    object.close();
    arena.close();
  }

  private int execs() {
    return (int) JAVA_INT.varHandle().getAcquire(control, LaunchControl.EXECS);
  }

  private void awaitLibraries() throws IOException {
    int pid = child.pid();
    long linker = LinkMap.linkerBase(pid);
    if (linker == 0) {
      return;
    }
    ProbeLinks probe = holdAt(pid, linker);
    try {
      do {
        child.resume();
        // As long as its libraries take to be read.
        await(Long.MAX_VALUE, "while its libraries were loaded");
      } while (!late && !LinkMap.isConsistent(pid));
    } finally {
      probe.close();
    }
  }

  /** The probe in the dynamic linker, or else at the executable's first instruction. */
  private ProbeLinks holdAt(int pid, long linker) throws IOException {
    MemoryMap map = MemoryMap.of(pid);
    Mapping mapping = map.find(linker).orElseThrow(() -> vanished(pid));
    long offset;
    try (TargetFiles files = new TargetFiles(pid);
        ElfFile elf = files.openObject(mapping)) {
      Optional<Symbol> ready = elf.symbol(LINKER_READY);
      if (ready.isPresent()) {
        OptionalLong at = elf.fileOffset(ready.get().address());
        offset = at.orElseThrow(() -> vanished(pid));
      } else {
        long entry = LinkMap.entry(pid);
        mapping = map.find(entry).orElseThrow(() -> vanished(pid));
        offset = entry - mapping.start() + mapping.offset();
        late = true;
      }
    }
    ProbeLinks links = new ProbeLinks();
    links.attach(
        object.program(HOLD),
        kind,
        Side.ENTRY,
        pid,
        Map.of(TargetFiles.mapFile(pid, mapping), List.of(new ProbePoint(offset, 0))));
    return links;
  }

  private TargetException vanished(int pid) {
    return new TargetException(
        "process %d (%s) cannot be held at its start: its memory map makes no sense"
            .formatted(pid, name));
  }

  private void await(long nanos, String where) throws TargetException {
    long begin = System.nanoTime();
    while (!child.isStopped()) {
      if (child.hasEnded()) {
        throw new TargetException("%s ended %s: %s".formatted(name, where, child.ending()));
      }
      if (System.nanoTime() - begin > nanos) {
        throw new TargetException("%s does not stop %s".formatted(name, where));
      }
      LockSupport.parkNanos(POLL_NANOS);
    }
  }
}
