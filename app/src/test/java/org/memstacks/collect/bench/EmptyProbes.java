package org.memstacks.collect.bench;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.memstacks.bpf.BpfObject;
import org.memstacks.bpf.BpfProgram;
import org.memstacks.bpf.ProbePoint;
import org.memstacks.bpf.UprobeMulti.Side;
import org.memstacks.collect.AttachKind;
import org.memstacks.collect.HookedFunction;
import org.memstacks.collect.ProbeLinks;

/**
 * Programs that do nothing, at the sites memstacks would probe and attached as it would: the floor.
 */
final class EmptyProbes implements AutoCloseable {
  private static final String SESSION = "empty_session";
  private static final String ENTRY = "empty_entry";
  private static final String RETURN = "empty_return";

  private final BpfObject object;
  private final AttachKind kind;
  private final int pid;
  private final ProbeLinks links = new ProbeLinks();

  private EmptyProbes(AttachKind kind, int pid) {
    this.object = BpfObject.open("floor");
    this.kind = kind;
    this.pid = pid;
  }

  /**
   * @param all entries of allocations alone, as all mode probes; else frees too, and returns
   */
  static EmptyProbes attach(AttachKind kind, int pid, List<HookedFunction> functions, boolean all) {
    EmptyProbes probes = new EmptyProbes(kind, pid);
    try {
      probes.load();
      probes.attach(functions, all);
      return probes;
    } catch (RuntimeException | Error e) {
      probes.close();
      throw e;
    }
  }

  @Override
  public void close() {
    links.close();
    object.close();
  }

  private void load() {
    if (kind != AttachKind.PERF) {
      for (String name : List.of(ENTRY, RETURN)) {
        object.program(name).setExpectedAttachType(BpfProgram.ATTACH_UPROBE_MULTI);
      }
    }
    if (kind == AttachKind.SESSION) {
      object.program(SESSION).setExpectedAttachType(BpfProgram.ATTACH_UPROBE_SESSION);
    } else {
      object.program(SESSION).setAutoload(false);
    }
    object.load();
  }

  private void attach(List<HookedFunction> functions, boolean all) {
    List<HookedFunction> allocations =
        functions.stream().filter(hook -> !hook.function().isFree()).toList();
    if (all) {
      attach(ENTRY, Side.ENTRY, allocations);
      return;
    }
    attach(ENTRY, Side.ENTRY, functions.stream().filter(hook -> hook.function().isFree()).toList());
    if (kind == AttachKind.SESSION) {
      attach(SESSION, Side.SESSION, allocations);
    } else {
      attach(RETURN, Side.RETURN, allocations);
      attach(ENTRY, Side.ENTRY, allocations);
    }
  }

  private void attach(String name, Side side, List<HookedFunction> functions) {
    BpfProgram program = object.program(name);
    Map<Path, List<ProbePoint>> byFile = new LinkedHashMap<>();
    for (HookedFunction hook : functions) {
      byFile
          .computeIfAbsent(hook.objectFile(), file -> new ArrayList<>())
          .add(new ProbePoint(hook.fileOffset(), 0));
    }
    links.attach(program, kind, side, pid, byFile);
  }
}
