package org.memstacks.collect;

import java.io.IOException;
import java.util.List;
import java.util.Optional;
import org.memstacks.elf.ElfFile;
import org.memstacks.target.LoadedObjects;
import org.memstacks.target.Mapping;
import org.memstacks.target.MemoryMap;
import org.memstacks.target.ProcessMemory;
import org.memstacks.target.TargetException;

/**
 * Code that a process changed after it was mapped: a detour written over a function's begin, or
 * relocations in the text. At a probe the kernel executes the instruction that the file has
 * (kernel/events/uprobes.c, prepare_uprobe), not the one in memory, and the process would crash.
 */
public final class ChangedCode {
  private final int pid;
  private final ProcessMemory memory;

  private ChangedCode(int pid, ProcessMemory memory) {
    this.pid = pid;
    this.memory = memory;
  }

  /**
   * Looks at each instruction to be probed, and at all from the function's begin to there.
   *
   * @param all whether the requests alone are probed, at their entries
   * @throws TargetException when one of them differs from the file's, or is not the file's page
   */
  static void refuse(int pid, List<HookedFunction> hooks, LoadedObjects loaded, boolean all)
      throws TargetException {
    try (ProcessMemory memory = new ProcessMemory(pid)) {
      ChangedCode code = new ChangedCode(pid, memory);
      MemoryMap map = MemoryMap.of(pid);
      for (HookedFunction hook : hooks) {
        if (!hook.isProbed(all)) {
          continue;
        }
        if (!isMapped(map, hook)) {
          throw moved(hook.function(), hook.object());
        }
        if (code.isChanged(hook, loaded, all)) {
          throw new TargetException(
              "%s in %s was changed in memory after it was loaded (by a detour, or by text relocations): a probe would make the process execute the file's code there, and crash"
                  .formatted(hook.function().symbol(), hook.object().name()));
        }
      }
    } catch (TargetException e) {
      throw e;
    } catch (IOException e) {
      // It ended, or may not be read: nothing is known.
    }
  }

  /** The refusal of a function that lies in no file. */
  static TargetException moved(AllocatorFunction function, Mapping object) {
    return new TargetException(
        "%s in %s was moved to memory of the process's own (as for huge pages): probes sit in files, and none would see its calls"
            .formatted(function.symbol(), object.name()));
  }

  /**
   * Whether the code from a function's begin up to and with the instruction to be probed differs
   * from the file's.
   *
   * @param address of the function in the process
   * @param begin its offset in the file
   * @param probed offset of the instruction
   */
  public static boolean isAt(int pid, ElfFile elf, long address, long begin, long probed) {
    try (ProcessMemory memory = new ProcessMemory(pid)) {
      return new ChangedCode(pid, memory).differs(elf, address, begin, probed);
    } catch (IOException e) {
      // It ended, or may not be read: nothing is known.
      return false;
    }
  }

  /** Whether the object's file, not a copy of it, is what lies at the probe. */
  private static boolean isMapped(MemoryMap map, HookedFunction hook) {
    return map.find(hook.address(hook.fileOffset()))
        .filter(mapping -> mapping.isOfSameFile(hook.object()))
        .isPresent();
  }

  private boolean isChanged(HookedFunction hook, LoadedObjects loaded, boolean all)
      throws IOException {
    ElfFile elf = loaded.get(hook.object());
    if (differs(elf, hook.start(), hook.functionOffset(), hook.fileOffset())) {
      return true;
    }
    for (HookedFunction.Jump jump : hook.jumps()) {
      if (differs(elf, hook.address(jump.fileOffset()), jump.fileOffset(), jump.fileOffset())) {
        return true;
      }
    }
    for (long offset : all ? List.<Long>of() : hook.returnOffsets()) {
      if (differs(elf, hook.address(offset), offset, offset)) {
        return true;
      }
    }
    return false;
  }

  /**
   * @param address in the process of the first instruction
   * @param first its offset in the file
   * @param last that of the last instruction
   */
  private boolean differs(ElfFile elf, long address, long first, long last) throws IOException {
    Optional<ProbedCode> code = ProbedCode.of(elf, address, first, last);
    return code.isPresent() && code.get().isChanged(pid, memory);
  }
}
