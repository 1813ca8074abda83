package org.memstacks.collect;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.memstacks.bpf.BpfException;
import org.memstacks.bpf.BpfObject;
import org.memstacks.bpf.BpfProgram;
import org.memstacks.bpf.ProbePoint;
import org.memstacks.bpf.UprobeMulti;
import org.memstacks.bpf.UprobeMulti.Side;

/** The programs at calls of the mmap family, in each object that has them (mapping_entry.bpf.h). */
public final class MappingPrograms {
  private static final String SESSION = "mapping_session";
  private static final String ENTRY = "mapping_entry";
  private static final String RETURN = "mapping_return";

  private final BpfObject object;
  private final AttachKind kind;

  /**
   * @param object not closed with this
   */
  public MappingPrograms(BpfObject object, AttachKind kind) {
    this.object = object;
    this.kind = kind;
  }

  /** Of an object that is not loaded yet: chooses those that this way of attaching needs. */
  public void select() {
    boolean session = kind == AttachKind.SESSION;
    object.program(SESSION).setAutoload(session);
    object.program(ENTRY).setAutoload(!session);
    object.program(RETURN).setAutoload(!session);
    if (session) {
      object.program(SESSION).setExpectedAttachType(BpfProgram.ATTACH_UPROBE_SESSION);
    } else if (kind == AttachKind.MULTI) {
      object.program(ENTRY).setExpectedAttachType(BpfProgram.ATTACH_UPROBE_MULTI);
      object.program(RETURN).setExpectedAttachType(BpfProgram.ATTACH_UPROBE_MULTI);
    }
  }

  /** Whether multi links of this kernel filter by process; always true for the other ways. */
  public boolean filtersByProcess() {
    return kind != AttachKind.MULTI
        || UprobeMulti.filtersByProcess(object.program(ENTRY), Side.ENTRY);
  }

  /**
   * Attaches to the process.
   *
   * @param returning those of the calls whose return is to be seen, where that takes a probe of its
   *     own
   * @throws BpfException when the kernel refuses
   */
  public void attach(
      int pid, List<MappingCalls.Call> calls, List<MappingCalls.Call> returning, ProbeLinks links) {
    if (kind == AttachKind.SESSION) {
      links.attach(object.program(SESSION), kind, Side.SESSION, pid, points(calls));
    } else {
      links.attach(object.program(RETURN), kind, Side.RETURN, pid, points(returning));
      links.attach(object.program(ENTRY), kind, Side.ENTRY, pid, points(calls));
    }
  }

  private static Map<Path, List<ProbePoint>> points(List<MappingCalls.Call> calls) {
    Map<Path, List<ProbePoint>> points = new LinkedHashMap<>();
    for (MappingCalls.Call call : calls) {
      points
          .computeIfAbsent(call.objectFile(), file -> new ArrayList<>())
          .add(new ProbePoint(call.fileOffset(), call.function().cookie()));
    }
    return points;
  }
}
