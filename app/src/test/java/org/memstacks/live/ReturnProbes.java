package org.memstacks.live;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.memstacks.bpf.BpfLink;
import org.memstacks.bpf.BpfObject;
import org.memstacks.bpf.ProbePoint;
import org.memstacks.elf.ElfFile;
import org.memstacks.elf.Symbol;

/**
 * Return probes at functions of a program, as another tracer would set them: while such a function
 * runs, its return address on the stack is replaced. They do nothing when they are hit.
 */
final class ReturnProbes implements AutoCloseable {
  private static final String PROGRAM = "allocation_return";
  private static final List<String> OTHER_PROGRAMS =
      List.of("allocation_session", "allocation_entry", "free_entry", "request_entry");

  private final BpfObject object = BpfObject.open("memstacks");
  private final List<BpfLink> links = new ArrayList<>();

  private ReturnProbes() {}

  /**
   * @param functions those of them that the program has
   */
  static ReturnProbes attach(int pid, Path program, List<String> functions) throws IOException {
    ReturnProbes probes = new ReturnProbes();
    try (ElfFile elf = ElfFile.open(program)) {
      OTHER_PROGRAMS.forEach(name -> probes.object.program(name).setAutoload(false));
      probes.object.load();
      for (String function : functions) {
        Optional<Symbol> symbol = elf.symbol(function);
        if (symbol.isPresent()) {
          long offset = elf.fileOffset(symbol.get().address()).orElseThrow();
          probes.links.add(
              probes
                  .object
                  .program(PROGRAM)
                  .attachUprobe(pid, program, new ProbePoint(offset, 0), true));
        }
      }
      return probes;
    } catch (IOException | RuntimeException e) {
      probes.close();
      throw e;
    }
  }

  int count() {
    return links.size();
  }

  @Override
  public void close() {
    links.reversed().forEach(BpfLink::close);
    object.close();
  }
}
