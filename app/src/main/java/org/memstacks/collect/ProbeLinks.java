package org.memstacks.collect;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import org.memstacks.bpf.BpfException;
import org.memstacks.bpf.BpfLink;
import org.memstacks.bpf.BpfProgram;
import org.memstacks.bpf.ProbePoint;
import org.memstacks.bpf.UprobeMulti;
import org.memstacks.bpf.UprobeMulti.Side;

/** What was attached, to be detached together: the last one first. */
public final class ProbeLinks implements AutoCloseable {
  private final List<BpfLink> links = new ArrayList<>();

  public void add(BpfLink link) {
    links.add(link);
  }

  /**
   * Attaches a program at many instructions, in the way chosen.
   *
   * @param pid process whose threads are probed
   * @param points by the file that holds them
   * @throws BpfException when the kernel refuses; what was attached until then is among these
   */
  public void attach(
      BpfProgram program,
      AttachKind kind,
      Side side,
      int pid,
      Map<Path, ? extends Collection<ProbePoint>> points) {
    points.forEach((file, inFile) -> {
      if (kind == AttachKind.PERF) {
        inFile.forEach(
            point -> links.add(program.attachUprobe(pid, file, point, side == Side.RETURN)));
      } else {
        links.add(UprobeMulti.attach(program, pid, file, List.copyOf(inFile), side));
      }
    });
  }

  /** Detaches; more can be attached afterwards. */
  @Override
  public void close() {
    links.reversed().forEach(BpfLink::close);
    links.clear();
  }
}
