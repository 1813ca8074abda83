package org.memstacks.collect;

import java.nio.file.Path;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import org.memstacks.bpf.BpfException;
import org.memstacks.bpf.BpfLink;
import org.memstacks.bpf.BpfProgram;
import org.memstacks.bpf.ProbePoint;
import org.memstacks.bpf.UprobeMulti;
import org.memstacks.bpf.UprobeMulti.Side;

/** Attaches one program at many instructions, in the way chosen. */
public final class UprobeLinks {
  private UprobeLinks() {}

  /**
   * @param pid process whose threads are probed
   * @param points by the file that holds them
   * @param links takes what was attached, also when an exception ends this
   * @throws BpfException when the kernel refuses
   */
  public static void attach(
      BpfProgram program,
      AttachKind kind,
      Side side,
      int pid,
      Map<Path, ? extends Collection<ProbePoint>> points,
      List<BpfLink> links) {
    points.forEach((file, inFile) -> {
      if (kind == AttachKind.PERF) {
        inFile.forEach(
            point -> links.add(program.attachUprobe(pid, file, point, side == Side.RETURN)));
      } else {
        links.add(UprobeMulti.attach(program, pid, file, List.copyOf(inFile), side));
      }
    });
  }
}
