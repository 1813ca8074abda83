package org.memstacks.collect;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.NavigableSet;
import java.util.OptionalLong;
import java.util.TreeSet;
import org.memstacks.elf.ElfFile;
import org.memstacks.elf.ProgramHeader;
import org.memstacks.target.LoadedObjects;
import org.memstacks.target.Mapping;

/**
 * Which code that allocation functions jump to is other functions' as well. An object's code is
 * searched for branches byte by byte: what is no branch but looks like one into these few places is
 * rare, and costs no more than a doubt.
 */
final class SharedCode {
  private static final ValueLayout.OfInt INT =
      ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final int CALL = 0xe8;
  private static final int JUMP = 0xe9;
  private static final int SHORT_JUMP = 0xeb;
  private static final int TWO_BYTES = 0x0f;

  private final LoadedObjects loaded;

  SharedCode(LoadedObjects loaded) {
    this.loaded = loaded;
  }

  /**
   * Where branches from other code lead into these places.
   *
   * @param object to be searched
   * @param hooked all code of allocation functions, addresses in the process
   * @param places the part of it that is in question, not empty
   */
  NavigableSet<Long> entries(Mapping object, AddressRanges hooked, AddressRanges places) {
    TreeSet<Long> entries = new TreeSet<>();
    try {
      ElfFile elf = loaded.get(object);
      OptionalLong bias = elf.loadBias(object.start(), object.offset());
      for (ProgramHeader segment : elf.segments()) {
        if (bias.isPresent() && segment.isLoad() && segment.isExecutable()) {
          MemorySegment code = elf.bytesAt(segment.address(), segment.fileSize());
          long address = bias.getAsLong() + segment.address();
          search(code, address, hooked, places, entries);
        }
      }
    } catch (IOException e) {
      // Its code was read before to choose the probes; now nobody can tell.
      entries.add(places.lowest());
    }
    return entries;
  }

  private static void search(
      MemorySegment code,
      long address,
      AddressRanges hooked,
      AddressRanges places,
      NavigableSet<Long> entries) {
    long lowest = places.lowest();
    long highest = places.highest();
    for (long at = 0; at + 2 <= code.byteSize(); at++) {
      int opcode = code.get(ValueLayout.JAVA_BYTE, at) & 0xff;
      int second = code.get(ValueLayout.JAVA_BYTE, at + 1);
      long target;
      if (opcode == SHORT_JUMP || opcode >> 4 == 7) {
        target = address + at + 2 + second;
        // So short are many bytes: only what leads to a place's begin counts.
        if (!places.startAt(target)) {
          continue;
        }
      } else if (opcode == CALL || opcode == JUMP || opcode == TWO_BYTES && second >> 4 == -8) {
        long operand = at + (opcode == TWO_BYTES ? 2 : 1);
        if (operand + Integer.BYTES > code.byteSize()) {
          continue;
        }
        target = address + operand + Integer.BYTES + code.get(INT, operand);
      } else {
        continue;
      }
      if (lowest <= target
          && target < highest
          && places.contains(target)
          && !hooked.contains(address + at)) {
        entries.add(target);
      }
    }
  }
}
