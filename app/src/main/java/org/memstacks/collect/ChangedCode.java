package org.memstacks.collect;

import java.io.IOException;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalLong;
import org.memstacks.elf.ElfFile;
import org.memstacks.site.InstructionSet;
import org.memstacks.target.LoadedObjects;
import org.memstacks.target.MemoryMap;
import org.memstacks.target.ProcessMemory;
import org.memstacks.target.TargetException;

/**
 * Code that a process changed after it was mapped: a detour written over a function's begin, or
 * relocations in the text. At a probe the kernel executes the instruction that the file has
 * (kernel/events/uprobes.c, prepare_uprobe), not the one in memory, and the process would crash.
 */
public final class ChangedCode {
  /** What any tracer or debugger writes; the instruction below is still the file's. */
  private static final byte BREAKPOINT = (byte) 0xcc;

  /** What kernels since 6.18 make a call where a probe sits on it. */
  private static final byte[] LONG_NOP = {0x0f, 0x1f, 0x44, 0x00, 0x00};

  private static final byte CALL = (byte) 0xe8;

  /** The kernel's name of what it calls there. */
  private static final String TRAMPOLINE = "[uprobes";

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
          throw new TargetException(
              "%s in %s was moved to memory of the process's own (as for huge pages): probes sit in files, and none would see its calls"
                  .formatted(hook.function().symbol(), hook.object().name()));
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
        .filter(mapping ->
            mapping.inode() == hook.object().inode() && mapping.device() == hook.object().device())
        .isPresent();
  }

  private boolean isChanged(HookedFunction hook, LoadedObjects loaded, boolean all)
      throws IOException {
    ElfFile elf = loaded.get(hook.object());
    if (differs(elf, hook.start(), hook.functionOffset(), hook.fileOffset())) {
      return true;
    }
    for (HookedFunction.Jump jump : hook.jumps()) {
      if (differs(elf, hook.address(jump.fileOffset()), jump.fileOffset())) {
        return true;
      }
    }
    for (long offset : all ? List.<Long>of() : hook.returnOffsets()) {
      if (differs(elf, hook.address(offset), offset)) {
        return true;
      }
    }
    return false;
  }

  /** Of one instruction. */
  private boolean differs(ElfFile elf, long address, long offset) throws IOException {
    return differs(elf, address, offset, offset);
  }

  /**
   * @param address in the process of the first instruction
   * @param first its offset in the file
   * @param last that of the last instruction
   */
  private boolean differs(ElfFile elf, long address, long first, long last) throws IOException {
    OptionalLong from = elf.address(first);
    if (from.isEmpty()) {
      return false;
    }
    int before = (int) (last - first);
    byte[] code = bytes(elf, from.getAsLong(), before + InstructionSet.X86_64.maxLength());
    int length = before + InstructionSet.X86_64.length(code, before, from.getAsLong() + before);
    byte[] now = new byte[length];
    memory.read(address, length).get(now);
    for (int i = 0; i < length; i++) {
      if (isCallOfProbe(code, now, i, address)) {
        i += LONG_NOP.length - 1;
      } else if (now[i] != code[i] && now[i] != BREAKPOINT) {
        return true;
      }
    }
    return false;
  }

  private boolean isCallOfProbe(byte[] code, byte[] now, int at, long address) throws IOException {
    int end = at + LONG_NOP.length;
    if (end > now.length
        || now[at] != CALL
        || !Arrays.equals(code, at, end, LONG_NOP, 0, LONG_NOP.length)) {
      return false;
    }
    int distance = memory.read(address + at + 1, Integer.BYTES).getInt(0);
    return MemoryMap.of(pid)
        .find(address + end + distance)
        .filter(mapping -> mapping.name().startsWith(TRAMPOLINE))
        .isPresent();
  }

  /** As many as there are: the last function of an object may end with it. */
  private static byte[] bytes(ElfFile elf, long address, int length) throws IOException {
    return elf.bytesAt(address, length).toArray(ValueLayout.JAVA_BYTE);
  }
}
