package org.memstacks.collect;

import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.memstacks.bpf.BpfMap;
import org.memstacks.bpf.BpfObject;

/**
 * The programs of mappings.bpf.c, loaded beside those of memstacks.bpf.c, whose maps they share,
 * and attached in the same way.
 */
final class MappingProbes implements AutoCloseable {
  /** 130,000 events: what the busiest process does in half a second. */
  static final int RING_BYTES = 8 << 20;

  private static final String OBJECT = "mappings";

  private final BpfObject object;
  private final MappingPrograms programs;
  private final Set<String> probed = new HashSet<>();
  private final ProbeLinks links = new ProbeLinks();

  private MappingProbes(BpfObject object, MappingPrograms programs) {
    this.object = object;
    this.programs = programs;
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
      MappingPrograms programs = new MappingPrograms(object, beside.kind());
      programs.select();
      object.map("mapping_events").setMaxEntries(RING_BYTES);
      object.shareMapsOf(beside.object());
      object.load();
      return new MappingProbes(object, programs);
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
    List<MappingCalls.Call> further =
        calls.stream()
            .filter(call -> probed.add(call.object().objectKey() + " " + call.fileOffset()))
            .toList();
    programs.attach(pid, further, further, links);
  }

  void detach() {
    links.close();
  }

  @Override
  public void close() {
    detach();
    object.close();
  }
}
