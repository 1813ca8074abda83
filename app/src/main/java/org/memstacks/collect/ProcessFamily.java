package org.memstacks.collect;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import org.memstacks.bpf.BpfException;
import org.memstacks.bpf.BpfObject;
import org.memstacks.bpf.KernelClock;
import org.memstacks.bpf.Layouts.Config;
import org.memstacks.bpf.Layouts.FamilyControl;
import org.memstacks.bpf.Layouts.FamilyEvent;

/** Tells of the children, and theirs, that processes fork from now on. */
public final class ProcessFamily implements AutoCloseable {
  private static final String OBJECT = "family";
  private static final List<String> PROGRAMS = List.of("family_exit", "family_exec", "family_fork");

  /** What happened to a process. */
  public enum Kind {
    FORKED,
    /** Likewise, and it runs in its parent's memory until its exec. */
    BORROWS,
    EXECED,
    ENDED
  }

  /**
   * What happened when.
   *
   * @param parent of one that was forked, else 0
   * @param nanos by {@link #now}
   */
  public record Event(Kind kind, int pid, int parent, long nanos) {}

  private final BpfObject object;
  private final Arena arena = Arena.ofShared();
  private final ProbeLinks links = new ProbeLinks();
  private final MemorySegment control;
  private final MemorySegment events;
  private long read;
  private long missed;

  private ProcessFamily(BpfObject object) {
    this.object = object;
    this.control = object.map(".data.family").mapped(arena);
    this.events = object.map("family_events").mapped(arena);
  }

  /**
   * Begins to watch.
   *
   * @param pids whose children are to be told of
   * @throws BpfException when the kernel refuses
   */
  public static ProcessFamily of(List<Integer> pids) throws IOException {
    BpfObject object = BpfObject.open(OBJECT);
    ProcessFamily family = null;
    try {
      MemorySegment config = object.map(".rodata.config").initialValue();
      config.set(JAVA_LONG, Config.PID_NS_INO, PidNamespace.own().inode());
      object.load();
      family = new ProcessFamily(object);
      for (int pid : pids) {
        object.map("family").put(pid, 0);
      }
      // Forks last: what is told of is told of to its end.
      for (String program : PROGRAMS) {
        family.links.add(object.program(program).attach());
      }
      return family;
    } catch (IOException | RuntimeException | Error e) {
      if (family != null) {
        family.close();
      } else {
        object.close();
      }
      throw e;
    }
  }

  /** The clock of events. */
  public static long now() {
    return KernelClock.nanos();
  }

  /** What has happened since the last call. */
  public List<Event> events() {
    long written = (long) JAVA_LONG.varHandle().getAcquire(control, FamilyControl.EVENTS);
    List<Event> news = new ArrayList<>();
    if (written - read > FamilyEvent.MOST) {
      missed += written - read - FamilyEvent.MOST;
      read = written - FamilyEvent.MOST;
    }
    while (read < written) {
      long at = read % FamilyEvent.MOST * FamilyEvent.SIZE;
      long number = (long) JAVA_LONG.varHandle().getAcquire(events, at + FamilyEvent.NUMBER);
      if (number <= read) {
        // Being written: there next time, with those after it.
        return news;
      }
      Event event =
          new Event(
              Kind.values()[Math.clamp(events.get(JAVA_INT, at + FamilyEvent.KIND) - 1, 0, 3)],
              events.get(JAVA_INT, at + FamilyEvent.PROCESS),
              events.get(JAVA_INT, at + FamilyEvent.PARENT),
              events.get(JAVA_LONG, at + FamilyEvent.NANOS));
      // Else it was overwritten, before or while it was read.
      if (number == read + 1
          && (long) JAVA_LONG.varHandle().getAcquire(events, at + FamilyEvent.NUMBER) == number) {
        news.add(event);
      } else {
        missed++;
      }
      read++;
    }
    return news;
  }

  /** Events that came faster than they were read, and children for which there was no room. */
  public long missed() {
    return missed + control.get(JAVA_LONG, FamilyControl.UNFOLLOWED);
  }

  @Override
  public void close() {
    links.close();
    arena.close();
    object.close();
  }
}
