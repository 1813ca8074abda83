package org.memstacks.collect;

import java.io.IOException;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeSet;
import org.memstacks.elf.ElfFile;
import org.memstacks.target.LoadedObjects;
import org.memstacks.target.Mapping;
import org.memstacks.target.MemoryMap;
import org.memstacks.target.ProcessMemory;

/**
 * Looks whether probed instructions still hold what the kernel put there. A debugger that sets a
 * breakpoint before the probe comes, and removes it after, writes the instruction back, and the
 * probe is gone without a word.
 */
final class PlantedProbes {
  /**
   * @param original first byte of the instruction as the object's file has it
   */
  private record Planted(String function, Mapping object, long address, byte original) {}

  private static final long LOOK_NANOS = 1_000_000_000;

  private final int pid;
  private final List<Planted> planted = new ArrayList<>();
  private final Set<String> lost = new TreeSet<>();
  private Set<Planted> missing = Set.of();
  private long nextLook;

  /**
   * @param hooks that were attached to
   * @param all whether the requests alone are probed, at their entries
   */
  PlantedProbes(int pid, List<HookedFunction> hooks, LoadedObjects loaded, boolean all) {
    this.pid = pid;
    for (HookedFunction hook : hooks) {
      if (!hook.isProbed(all)) {
        continue;
      }
      add(hook, hook.fileOffset(), loaded);
      for (long offset : all ? List.<Long>of() : hook.returnOffsets()) {
        add(hook, offset, loaded);
      }
    }
  }

  private void add(HookedFunction hook, long offset, LoadedObjects loaded) {
    try {
      ElfFile elf = loaded.get(hook.object());
      OptionalLong address = elf.address(offset);
      if (address.isPresent()) {
        byte original = elf.bytesAt(address.getAsLong(), 1).get(ValueLayout.JAVA_BYTE, 0);
        planted.add(
            new Planted(hook.function().symbol(), hook.object(), hook.address(offset), original));
      }
    } catch (IOException e) {
      // The object's code was read before to choose the place; without it nothing can be compared.
    }
  }

  /** Looks once a second, and at once again when a probe was missing. */
  void lookIfDue() {
    long now = BlockClock.now();
    if (now >= nextLook || isInDoubt()) {
      nextLook = now + LOOK_NANOS;
      look();
    }
  }

  /** Looks for the last time: twice, as one look alone proves nothing. */
  void lookTwice() {
    look();
    look();
  }

  /**
   * Compares now. A debugger that steps over its own breakpoint shows the instruction for a moment:
   * a probe counts as lost when it is missing at two looks in a row.
   */
  private void look() {
    Set<Planted> now = new HashSet<>();
    try (ProcessMemory memory = new ProcessMemory(pid)) {
      for (Planted probe : planted) {
        if (isMissing(memory, probe)) {
          now.add(probe);
        }
      }
      if (!now.isEmpty()) {
        MemoryMap map = MemoryMap.of(pid);
        now.removeIf(probe -> !isMapped(map, probe));
      }
    } catch (IOException e) {
      // It ended, or may not be read: nothing is known.
      return;
    }
    now.stream().filter(missing::contains).map(Planted::function).forEach(lost::add);
    missing = now;
  }

  /** Whether the last look found a probe missing that another look is to confirm. */
  private boolean isInDoubt() {
    return missing.stream().anyMatch(probe -> !lost.contains(probe.function));
  }

  /** Functions that have lost a probe, by name. */
  Set<String> lost() {
    return Set.copyOf(lost);
  }

  private static boolean isMissing(ProcessMemory memory, Planted probe) {
    try {
      ByteBuffer bytes = memory.read(probe.address, 1);
      return bytes.get(0) == probe.original;
    } catch (IOException e) {
      // Unloaded, with its probes.
      return false;
    }
  }

  private static boolean isMapped(MemoryMap map, Planted probe) {
    return map.find(probe.address)
        .filter(mapping -> mapping.objectKey().equals(probe.object.objectKey()))
        .isPresent();
  }
}
