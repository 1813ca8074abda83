package org.memstacks.collect;

import java.io.IOException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.memstacks.elf.ElfFile;
import org.memstacks.target.LoadedObjects;
import org.memstacks.target.Mapping;
import org.memstacks.target.MemoryMap;
import org.memstacks.target.ProcessMemory;
import org.memstacks.target.TargetException;

/**
 * Looks whether the code around probes is still what it was when they were put in. A debugger that
 * sets a breakpoint before the probe comes, and removes it after, writes the instruction back; a
 * program that hooks functions writes other code over their begin; one that moves its code to huge
 * pages leaves the probes behind in its file. In each case calls go unseen without a word.
 */
final class PlantedProbes {
  private record Planted(String function, Mapping object, ProbedCode code) {}

  /** A probe that sees no calls, if the next look finds it so as well. */
  private record Suspect(Planted planted, LostProbe.Way way) {}

  private static final long LOOK_NANOS = 1_000_000_000;

  private final int pid;
  private final List<Planted> planted = new ArrayList<>();
  private final Set<LostProbe> lost = new TreeSet<>();
  private Set<Suspect> suspects = Set.of();
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
      add(hook, hook.functionOffset(), hook.fileOffset(), loaded);
      for (long offset : all ? List.<Long>of() : hook.returnOffsets()) {
        add(hook, offset, offset, loaded);
      }
    }
  }

  private void add(HookedFunction hook, long first, long probed, LoadedObjects loaded) {
    try {
      ElfFile elf = loaded.get(hook.object());
      ProbedCode.of(elf, hook.address(first), first, probed)
          .ifPresent(
              code -> planted.add(new Planted(hook.function().symbol(), hook.object(), code)));
    } catch (IOException e) {
      // The object's code was read before to choose the place; without it nothing can be compared.
    }
  }

  /**
   * To be called when the probes have just been put in.
   *
   * @throws TargetException when those of an object are not in the process's memory
   */
  void requireThere(String comm) throws TargetException {
    Set<Mapping> without = withoutProbes();
    if (!without.isEmpty()) {
      // As with any look: a debugger may step over its own breakpoint at that moment.
      without.retainAll(withoutProbes());
    }
    if (!without.isEmpty()) {
      throw new TargetException(
          ("probes in %s do not reach process %d (%s): the kernel put them into another copy of that file. So it is on"
                  + " overlayfs (containers) when the file was changed, or only touched, after the process had loaded it."
                  + " Restart the process, or name another object with -O")
              .formatted(without.iterator().next().name(), pid, comm));
    }
  }

  /** Objects that have none of their probes. */
  private Set<Mapping> withoutProbes() {
    Set<Mapping> bare = new HashSet<>();
    Set<Mapping> probed = new HashSet<>();
    try (ProcessMemory memory = new ProcessMemory(pid)) {
      Set<Suspect> seen = new HashSet<>();
      for (Planted probe : planted) {
        Optional<LostProbe.Way> way = seen(probe, memory);
        way.ifPresentOrElse(
            found -> seen.add(new Suspect(probe, found)), () -> probed.add(probe.object));
      }
      mapped(seen, MemoryMap.of(pid)).stream()
          .filter(suspect -> suspect.way == LostProbe.Way.REMOVED)
          .forEach(suspect -> bare.add(suspect.planted.object));
    } catch (IOException e) {
      // It ended, or may not be read: nothing is known.
      return new HashSet<>();
    }
    bare.removeAll(probed);
    return bare;
  }

  /** Looks once a second, and at once again when something was found. */
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
   * a probe counts as lost when two looks in a row find it so.
   */
  private void look() {
    Set<Suspect> seen = new HashSet<>();
    Set<Suspect> now;
    try (ProcessMemory memory = new ProcessMemory(pid)) {
      for (Planted probe : planted) {
        seen(probe, memory).ifPresent(way -> seen.add(new Suspect(probe, way)));
      }
      now = seen.isEmpty() ? seen : mapped(seen, MemoryMap.of(pid));
    } catch (IOException e) {
      // It ended, or may not be read: nothing is known.
      return;
    }
    now.stream()
        .filter(suspects::contains)
        .map(suspect -> new LostProbe(suspect.planted.function, suspect.way))
        .forEach(lost::add);
    suspects = now;
  }

  /** Whether the last look found something that another look is to confirm. */
  private boolean isInDoubt() {
    return suspects.stream()
        .anyMatch(suspect -> !lost.contains(new LostProbe(suspect.planted.function, suspect.way)));
  }

  /** Functions that have lost a probe. */
  Set<LostProbe> lost() {
    return new TreeSet<>(lost);
  }

  /** What the code alone tells. */
  private Optional<LostProbe.Way> seen(Planted probe, ProcessMemory memory) {
    try {
      if (probe.code.isChanged(pid, memory)) {
        return Optional.of(LostProbe.Way.CHANGED);
      }
      return probe.code.isBare(memory) ? Optional.of(LostProbe.Way.REMOVED) : Optional.empty();
    } catch (IOException e) {
      // Unloaded, with its probes.
      return Optional.empty();
    }
  }

  /** What it means, given what is mapped there: of an object that was unloaded, nothing. */
  private static Set<Suspect> mapped(Set<Suspect> suspects, MemoryMap map) {
    Set<Suspect> result = new HashSet<>();
    for (Suspect suspect : suspects) {
      Optional<Mapping> now = map.find(suspect.planted.code.probeAddress());
      if (now.filter(mapping -> mapping.isOfSameFile(suspect.planted.object)).isPresent()) {
        result.add(suspect);
      } else if (suspect.way == LostProbe.Way.REMOVED
          && now.filter(Mapping::isExecutable).isPresent()) {
        result.add(new Suspect(suspect.planted, LostProbe.Way.MOVED));
      }
    }
    return result;
  }
}
