package org.memstacks.collect;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.memstacks.bpf.BpfLink;
import org.memstacks.bpf.BpfMap;
import org.memstacks.bpf.BpfObject;
import org.memstacks.bpf.BpfProgram;
import org.memstacks.bpf.ProbePoint;
import org.memstacks.bpf.UprobeMulti.Side;

/**
 * The programs of mappings.bpf.c, loaded beside those of memstacks.bpf.c, whose maps they share,
 * and attached in the same way.
 */
final class MappingProbes implements AutoCloseable {
  /** 130,000 events: what the busiest process does in half a second. */
  static final int RING_BYTES = 8 << 20;

  private static final String OBJECT = "mappings";
  private static final String SESSION = "mapping_session";
  private static final String ENTRY = "mapping_entry";
  private static final String RETURN = "mapping_return";

  private final BpfObject object;
  private final AttachKind kind;
  private final Set<String> probed = new HashSet<>();
  private final List<BpfLink> links = new ArrayList<>();

  private MappingProbes(BpfObject object, AttachKind kind) {
    this.object = object;
    this.kind = kind;
  }

  /**
   * Loads the programs, attaches nothing yet.
   *
   * @param beside loaded
   * @throws org.memstacks.bpf.BpfException when the kernel refuses
   */
  static MappingProbes load(MallocProbes beside) {
    BpfObject object = BpfObject.open(OBJECT);
    try {
      boolean session = beside.kind() == AttachKind.SESSION;
      object.program(SESSION).setAutoload(session);
      object.program(ENTRY).setAutoload(!session);
      object.program(RETURN).setAutoload(!session);
      if (session) {
        object.program(SESSION).setExpectedAttachType(BpfProgram.ATTACH_UPROBE_SESSION);
      } else if (beside.kind() == AttachKind.MULTI) {
        object.program(ENTRY).setExpectedAttachType(BpfProgram.ATTACH_UPROBE_MULTI);
        object.program(RETURN).setExpectedAttachType(BpfProgram.ATTACH_UPROBE_MULTI);
      }
      object.map("mapping_events").setMaxEntries(RING_BYTES);
      object.shareMapsOf(beside.object());
      object.load();
      return new MappingProbes(object, beside.kind());
    } catch (RuntimeException | Error e) {
      object.close();
      throw e;
    }
  }

  BpfMap map(String name) {
    return object.map(name);
  }

  /**
   * Attaches where it is not attached yet.
   *
   * @throws org.memstacks.bpf.BpfException when the kernel refuses
   */
  void attach(int pid, List<MappingCalls.Call> calls) {
    Map<Path, List<ProbePoint>> points = new LinkedHashMap<>();
    for (MappingCalls.Call call : calls) {
      if (probed.add(call.object().objectKey() + " " + call.fileOffset())) {
        points
            .computeIfAbsent(call.objectFile(), file -> new ArrayList<>())
            .add(new ProbePoint(call.fileOffset(), call.function().cookie()));
      }
    }
    if (kind == AttachKind.SESSION) {
      UprobeLinks.attach(object.program(SESSION), kind, Side.SESSION, pid, points, links);
    } else {
      UprobeLinks.attach(object.program(RETURN), kind, Side.RETURN, pid, points, links);
      UprobeLinks.attach(object.program(ENTRY), kind, Side.ENTRY, pid, points, links);
    }
  }

  void detach() {
    for (BpfLink link : links.reversed()) {
      link.close();
    }
    links.clear();
  }

  @Override
  public void close() {
    detach();
    object.close();
  }
}
