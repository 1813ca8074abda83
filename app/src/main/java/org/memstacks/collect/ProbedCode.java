package org.memstacks.collect;

import java.io.IOException;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.Optional;
import java.util.OptionalLong;
import org.memstacks.elf.ElfFile;
import org.memstacks.site.InstructionSet;
import org.memstacks.target.MemoryMap;
import org.memstacks.target.ProcessMemory;

/**
 * Code up to and with a probed instruction, as the object's file has it.
 *
 * @param address of the first byte in the process
 * @param probe which byte is the probed instruction's first
 */
record ProbedCode(long address, byte[] bytes, int probe) {
  /** What any tracer or debugger writes; the instruction below is still the file's. */
  private static final byte BREAKPOINT = (byte) 0xcc;

  /** What kernels since 6.18 make a call where a probe sits on it. */
  private static final byte[] LONG_NOP = {0x0f, 0x1f, 0x44, 0x00, 0x00};

  private static final byte CALL = (byte) 0xe8;

  /** The kernel's name of what it calls there. */
  private static final String TRAMPOLINE = "[uprobes";

  /**
   * @param address in the process of the first instruction
   * @param first its offset in the file
   * @param probed that of the probed instruction
   * @return nothing when the file has no such code
   */
  static Optional<ProbedCode> of(ElfFile elf, long address, long first, long probed)
      throws IOException {
    OptionalLong from = elf.address(first);
    if (from.isEmpty()) {
      return Optional.empty();
    }
    int before = (int) (probed - first);
    int most = before + InstructionSet.X86_64.maxLength();
    // As many as there are: the last function of an object may end with it.
    byte[] code = elf.bytesAt(from.getAsLong(), most).toArray(ValueLayout.JAVA_BYTE);
    int length = before + InstructionSet.X86_64.length(code, before, from.getAsLong() + before);
    return Optional.of(new ProbedCode(address, Arrays.copyOf(code, length), before));
  }

  /** Where the probed instruction lies in the process. */
  long probeAddress() {
    return address + probe;
  }

  /** Whether the process has other code there; breakpoints on the file's code are none. */
  boolean isChanged(int pid, ProcessMemory memory) throws IOException {
    byte[] now = now(memory);
    for (int i = 0; i < now.length; i++) {
      if (isCallOfProbe(now, i, pid, memory)) {
        i += LONG_NOP.length - 1;
      } else if (now[i] != bytes[i] && now[i] != BREAKPOINT) {
        return true;
      }
    }
    return false;
  }

  /** Whether the file's instruction stands where the probe should. */
  boolean isBare(ProcessMemory memory) throws IOException {
    return now(memory)[probe] == bytes[probe];
  }

  private byte[] now(ProcessMemory memory) throws IOException {
    byte[] now = new byte[bytes.length];
    memory.read(address, now.length).get(now);
    return now;
  }

  private boolean isCallOfProbe(byte[] now, int at, int pid, ProcessMemory memory)
      throws IOException {
    int end = at + LONG_NOP.length;
    if (end > now.length
        || now[at] != CALL
        || !Arrays.equals(bytes, at, end, LONG_NOP, 0, LONG_NOP.length)) {
      return false;
    }
    int distance = memory.read(address + at + 1, Integer.BYTES).getInt(0);
    return MemoryMap.of(pid)
        .find(address + end + distance)
        .filter(mapping -> mapping.name().startsWith(TRAMPOLINE))
        .isPresent();
  }
}
